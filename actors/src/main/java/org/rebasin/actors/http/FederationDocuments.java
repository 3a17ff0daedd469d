package org.rebasin.actors.http;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.rebasin.actors.federation.Contribution;
import org.rebasin.actors.federation.ContributionView;
import org.rebasin.actors.federation.FederationEvent;
import org.rebasin.actors.federation.FederationName;
import org.rebasin.actors.federation.FederationSettings;
import org.rebasin.actors.federation.FederationView;
import org.rebasin.actors.federation.Federations;
import org.rebasin.actors.federation.Version;
import org.rebasin.actors.work.Correction;
import org.rebasin.actors.work.Matching;

/** Federations as documents. Times are ISO 8601 in UTC. */
final class FederationDocuments {
  private FederationDocuments() {}

  /** Where a federation is found. */
  static String path(FederationName name) {
    return "/federations/" + name;
  }

  /** How a federation stands, in a line of a list. */
  static Map<String, Object> entry(FederationView view) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("name", view.name().value());
    document.put("status", view.status().text());
    document.put("created", view.created().toString());
    view.current()
        .ifPresent(
            version -> {
              document.put("version", version.number());
              document.put("accuracy", version.score().accuracy());
              document.put("loss", version.score().loss());
            });
    document.put("versions", view.versions());
    Map<String, Object> counts = new LinkedHashMap<>();
    for (ContributionView.Outcome outcome : ContributionView.Outcome.values()) {
      counts.put(outcome.text(), view.contributions().getOrDefault(outcome, 0L));
    }
    document.put("contributions", counts);
    document.put("activity", view.activity());
    return document;
  }

  /** All about a federation. */
  static Map<String, Object> view(FederationView view) {
    Map<String, Object> document = entry(view);
    view.current().ifPresent(version -> document.put("current", version(version)));
    document.put("settings", settings(view.settings()));
    return document;
  }

  /** Settings in the form in which they are given, with every default written out. */
  private static Map<String, Object> settings(FederationSettings settings) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("architecture", settings.architecture());
    settings.initial().ifPresent(id -> document.put("initial", id.sha256()));
    document.put("first", settings.first().text());
    document.put(
        "alignment",
        settings
            .alignment()
            .map(FederationDocuments::alignment)
            .orElseGet(() -> Map.of("method", "none")));
    Map<String, Object> aggregation = new LinkedHashMap<>();
    aggregation.put("rule", settings.aggregation().rule().text());
    aggregation.put("server_optimizer", settings.aggregation().optimizer().text());
    aggregation.put("server_rate", settings.aggregation().serverRate());
    aggregation.put("momentum", settings.aggregation().momentum());
    aggregation.put("staleness_exponent", settings.aggregation().stalenessExponent());
    aggregation.put("trimmed_fraction", settings.aggregation().trimmedFraction());
    document.put("aggregation", aggregation);
    document.put("buffer", settings.buffer());
    document.put("remembered", settings.remembered());
    document.put("patience", text(settings.patience()));
    document.put("pending", settings.pending());
    document.put("norm_bound", settings.normBound());
    settings.correction().ifPresent(part -> document.put("correction", correction(part)));
    document.put(
        "gate",
        Map.of(
            "data",
            settings.gate().data(),
            "margin",
            settings.gate().margin(),
            "contribution_margin",
            settings.gate().contributionMargin()));
    document.put(
        "participants",
        settings.participants().stream().map(FederationDocuments::participant).toList());
    document.put("seed", settings.seed());
    return document;
  }

  private static String text(Duration time) {
    return time.toString();
  }

  private static Map<String, Object> alignment(Matching matching) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("method", matching.text());
    if (matching instanceof Matching.Weight weight) {
      document.put("restarts", weight.restarts());
    } else if (matching instanceof Matching.Activation activation) {
      document.put("data", activation.data());
    } else if (matching instanceof Matching.StraightThrough through) {
      document.put("data", through.data());
      document.put("epochs", through.epochs());
      document.put("batch_size", through.batchSize());
      document.put("learning_rate", through.learningRate());
    }
    return document;
  }

  private static Map<String, Object> correction(Correction correction) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("kind", correction.kind().text());
    document.put("data", correction.data());
    document.put("examples", correction.examples());
    return document;
  }

  private static Map<String, Object> participant(FederationSettings.Participant participant) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("name", participant.name());
    document.put("data", participant.data());
    document.put("epochs", participant.training().epochs());
    document.put("batch_size", participant.training().batchSize());
    document.put("optimizer", participant.training().optimizer().text());
    document.put("learning_rate", participant.training().learningRate());
    document.put("weight_decay", participant.training().weightDecay());
    document.put("warmup_epochs", participant.training().warmupEpochs());
    document.put("decay", participant.training().decay().text());
    document.put("seed", participant.training().seed());
    document.put("proximal", participant.proximal());
    document.put("contributions", participant.contributions());
    return document;
  }

  /** A version with all that it was made from. */
  static Map<String, Object> version(Version version) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("number", version.number());
    version.parent().ifPresent(parent -> document.put("parent", parent));
    document.put("model", version.model().sha256());
    version.serverState().ifPresent(state -> document.put("server_state", state.sha256()));
    document.put("accuracy", version.score().accuracy());
    document.put("loss", version.score().loss());
    document.put("examples", version.score().examples());
    document.put("time", version.published().toString());
    document.put(
        "ingredients",
        version.ingredients().stream().map(FederationDocuments::ingredient).toList());
    document.put("settings", new TreeMap<>(version.settings()));
    return document;
  }

  private static Map<String, Object> ingredient(Version.Ingredient ingredient) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("contribution", ingredient.contribution());
    document.put("participant", ingredient.participant());
    document.put("model", ingredient.model().sha256());
    ingredient.permutations().ifPresent(hash -> document.put("permutations", hash));
    document.put("staleness", ingredient.staleness());
    document.put("weight", ingredient.weight());
    return document;
  }

  /** What came of making a version again. */
  static Map<String, Object> reproduction(Federations.Reproduction made) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("version", made.version());
    document.put("recorded", made.recorded().sha256());
    document.put("made", made.made().sha256());
    document.put("same", made.same());
    return document;
  }

  /** How a contribution stands. */
  static Map<String, Object> contribution(ContributionView view) {
    Contribution given = view.contribution();
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("id", view.id());
    document.put("participant", given.participant());
    given.base().ifPresent(base -> document.put("base_version", base));
    document.put("examples", given.examples());
    document.put("model", given.model().sha256());
    document.put("metrics", new TreeMap<>(given.metrics()));
    document.put("time", view.arrived().toString());
    document.put("outcome", view.outcome().text());
    view.reason().ifPresent(reason -> document.put("reason", reason));
    view.version().ifPresent(version -> document.put("version", version));
    view.staleness().ifPresent(staleness -> document.put("staleness", staleness));
    return document;
  }

  /** The kind of an event. */
  static String kind(FederationEvent event) {
    FederationEvent.What what = event.what();
    if (what instanceof FederationEvent.Created) {
      return "created";
    }
    if (what instanceof FederationEvent.ContributionMoved) {
      return "contribution";
    }
    if (what instanceof FederationEvent.Published) {
      return "published";
    }
    if (what instanceof FederationEvent.CandidateRefused) {
      return "candidate-refused";
    }
    return what instanceof FederationEvent.RolledBack ? "rolled-back" : "status";
  }

  /** An event, with what it is about. */
  static Map<String, Object> event(FederationEvent event) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("sequence", event.sequence());
    document.put("time", event.time().toString());
    document.put("kind", kind(event));
    FederationEvent.What what = event.what();
    if (what instanceof FederationEvent.ContributionMoved moved) {
      document.put("contribution", contribution(moved.contribution()));
    } else if (what instanceof FederationEvent.Published published) {
      document.put("version", published.version().number());
      document.put("record", version(published.version()));
    } else if (what instanceof FederationEvent.CandidateRefused refused) {
      document.put("accuracy", refused.accuracy());
      document.put("required", refused.required());
    } else if (what instanceof FederationEvent.RolledBack back) {
      document.put("version", back.version());
    } else if (what instanceof FederationEvent.StatusChanged changed) {
      document.put("status", changed.status().text());
    }
    return document;
  }
}
