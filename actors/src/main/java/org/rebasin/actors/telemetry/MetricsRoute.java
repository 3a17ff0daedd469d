package org.rebasin.actors.telemetry;

import akka.actor.ExtendedActorSystem;
import akka.actor.Extension;
import akka.http.javadsl.model.HttpEntities;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.server.AllDirectives;
import akka.http.javadsl.server.Route;
import akka.management.javadsl.ManagementRouteProvider;
import akka.management.javadsl.ManagementRouteProviderSettings;

/** {@code GET /metrics} on the management port, if telemetry is on. */
public final class MetricsRoute extends AllDirectives
    implements ManagementRouteProvider, Extension {
  private final boolean enabled;

  /** Called by Akka Management, whose setting {@code routes} names this class. */
  public MetricsRoute(ExtendedActorSystem system) {
    enabled = Telemetry.isEnabled(system.settings().config());
  }

  @Override
  public Route routes(ManagementRouteProviderSettings settings) {
    return enabled ? path("metrics", () -> get(() -> complete(page()))) : reject();
  }

  private static HttpResponse page() {
    return HttpResponse.create()
        .withEntity(HttpEntities.create(MetricsPage.CONTENT_TYPE, MetricsPage.bytes()));
  }
}
