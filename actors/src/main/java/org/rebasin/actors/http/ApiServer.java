package org.rebasin.actors.http;

import akka.Done;
import akka.actor.typed.ActorSystem;
import akka.http.javadsl.ConnectionContext;
import akka.http.javadsl.Http;
import akka.http.javadsl.ServerBinding;
import akka.http.javadsl.ServerBuilder;
import akka.http.javadsl.model.HttpMethods;
import akka.http.javadsl.settings.ServerSettings;
import akka.stream.Materializer;
import akka.stream.SystemMaterializer;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.rebasin.actors.federation.Federations;
import org.rebasin.actors.job.Jobs;
import org.rebasin.actors.work.TaskFailure;

/** The HTTP interface of a node, while it listens. */
public final class ApiServer {
  /** What a node serves. */
  public record Services(
      Jobs jobs,
      Federations federations,
      Models models,
      ClusterInfo cluster,
      Measurements measurements) {}

  private static final int MAX_URI = 2_048;
  private static final int MAX_HEADER = 8_192;
  private static final int MAX_HEADERS = 64;

  private final ServerBinding binding;
  private final boolean secure;

  private ApiServer(ServerBinding binding, boolean secure) {
    this.binding = binding;
    this.secure = secure;
  }

  /**
   * Listens.
   *
   * @return the server when its port is open; fails if the port cannot be had
   */
  public static CompletionStage<ApiServer> bind(
      ApiSettings settings, Services services, ActorSystem<?> system) {
    List<Endpoint> all =
        new ArrayList<>(
            endpoints(settings, services, SystemMaterializer.get(system).materializer()));
    all.addAll(Dashboard.endpoints(settings.limits().requestTimeout()));
    Router router = new Router(all, settings.token(), system);
    ServerBuilder builder =
        Http.get(system)
            .newServerAt(settings.host(), settings.port())
            .withSettings(bounded(settings.limits(), system));
    if (settings.tls().isPresent()) {
      builder = builder.enableHttps(ConnectionContext.httpsServer(settings.tls().get().context()));
    }
    return builder
        .bind(router::answer)
        .handle(
            (binding, problem) -> {
              if (problem != null) {
                throw new IllegalStateException(
                    "rebasin.http: cannot listen at %s port %d: %s"
                        .formatted(
                            settings.host(),
                            settings.port(),
                            TaskFailure.unwrap(problem).getMessage()),
                    problem);
              }
              return new ApiServer(
                  binding.addToCoordinatedShutdown(Duration.ofSeconds(10), system),
                  settings.tls().isPresent());
            });
  }

  /** All that the server does for programs; beside it there are the pages for people. */
  static List<Endpoint> endpoints(
      ApiSettings settings, Services services, Materializer materializer) {
    Models models = services.models();
    Federations federations = services.federations();
    Duration patience = settings.limits().requestTimeout();
    List<Endpoint> endpoints = new ArrayList<>();
    ModelUploads uploads = new ModelUploads(models, settings.limits());
    Reading reading = new Reading(settings.limits(), materializer);
    EventStreams streams = new EventStreams(settings.limits());
    endpoints.addAll(new ModelRoutes(models, uploads, settings.limits()).endpoints());
    endpoints.addAll(
        new UploadRoutes(models, uploads, settings.limits(), materializer).endpoints());
    endpoints.addAll(
        new MergeRoutes(services.jobs(), models, settings, reading, streams).endpoints());
    endpoints.addAll(
        new FederationRoutes(federations, models, settings, reading, streams).endpoints());
    endpoints.addAll(new VersionRoutes(federations, models, settings).endpoints());
    endpoints.addAll(
        new ContributionRoutes(federations, models, uploads, settings, reading).endpoints());
    endpoints.addAll(
        new ClusterRoutes(services.cluster(), services.jobs(), services.measurements(), settings)
            .endpoints());
    endpoints.add(
        new Endpoint(
            HttpMethods.GET,
            "/openapi.json",
            patience,
            exchange -> CompletableFuture.completedFuture(OpenApi.response())));
    return endpoints;
  }

  private static ServerSettings bounded(ApiSettings.Limits limits, ActorSystem<?> system) {
    ServerSettings defaults = ServerSettings.create(system.classicSystem());
    return defaults
        .withServerHeader(Optional.empty())
        .withMaxConnections(limits.connections())
        .withParsingErrorHandler(UnparsableRequest.class.getName())
        .withTimeouts(
            defaults
                .getTimeouts()
                .withIdleTimeout(duration(limits.idleTimeout()))
                // Each endpoint has its own, and says so in a problem document.
                .withRequestTimeout(scala.concurrent.duration.Duration.Inf()))
        .withParserSettings(
            defaults
                .getParserSettings()
                .withMaxUriLength(MAX_URI)
                .withMaxHeaderValueLength(MAX_HEADER)
                .withMaxHeaderCount(MAX_HEADERS)
                .withMaxContentLength(limits.maxUpload())
                .withIllegalHeaderWarnings(false));
  }

  private static scala.concurrent.duration.Duration duration(Duration time) {
    return scala.concurrent.duration.Duration.create(time.toMillis(), "millis");
  }

  /** Where it listens. */
  public InetSocketAddress address() {
    return binding.localAddress();
  }

  /** Where it listens, for clients on this machine or in its network. */
  public URI uri() {
    String host = address().getAddress().getHostAddress();
    return URI.create(
        "%s://%s:%d"
            .formatted(
                secure ? "https" : "http",
                host.contains(":") ? "[" + host + "]" : host,
                address().getPort()));
  }

  /** Takes no more connections and gives requests under way some time to end. */
  public CompletionStage<Done> terminate(Duration grace) {
    return binding.terminate(grace).thenApply(terminated -> Done.getInstance());
  }
}
