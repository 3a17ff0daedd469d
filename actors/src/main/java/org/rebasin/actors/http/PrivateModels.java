package org.rebasin.actors.http;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.rebasin.actors.job.MergeRequest;
import org.rebasin.actors.job.Privacy;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.stream.Holder;

/** Finds out where a request's private models are, and refuses what cannot be done with them. */
final class PrivateModels {
  private final Models models;

  PrivateModels(Models models) {
    this.models = models;
  }

  /**
   * The request with the places of its private models.
   *
   * @param known all models of the request
   * @return fails with a {@link ProblemException} that says what may be asked instead
   */
  CompletionStage<MergeRequest> locate(MergeRequest request, List<ModelInfo> known) {
    CompletionStage<Map<ModelId, List<Holder>>> found =
        CompletableFuture.completedFuture(new LinkedHashMap<>());
    for (ModelInfo model : known) {
      if (model.isPrivate()) {
        found =
            found.thenCompose(
                before ->
                    models
                        .holders(model.id())
                        .thenApply(
                            holders -> {
                              before.put(model.id(), holders);
                              return before;
                            }));
      }
    }
    return found.thenApply(holders -> located(request, holders));
  }

  private static MergeRequest located(MergeRequest request, Map<ModelId, List<Holder>> holders) {
    if (holders.isEmpty()) {
      return request;
    }
    holders.forEach(
        (id, nodes) -> {
          if (nodes.isEmpty()) {
            throw new ProblemException(
                Problem.Kind.UNAVAILABLE,
                "models: the node that has the private model %s does not answer".formatted(id));
          }
        });
    // On one node, if there is one that has them all.
    Set<String> common = new TreeSet<>(homes(holders.values().iterator().next()));
    holders.values().forEach(nodes -> common.retainAll(homes(nodes)));
    Optional<String> home = common.stream().findFirst();
    List<MergeRequest.Source> sources = new ArrayList<>();
    for (MergeRequest.Source source : request.models()) {
      sources.add(
          source
              .stored()
              .filter(holders::containsKey)
              .<MergeRequest.Source>map(id -> source(id, holders.get(id), home, sources.isEmpty()))
              .orElse(source));
    }
    MergeRequest located =
        new MergeRequest(
            sources,
            request.alignment(),
            request.merge(),
            request.correction(),
            request.evaluation());
    new Privacy(located)
        .refusal()
        .ifPresent(
            reason -> {
              throw new ProblemException(Problem.Kind.UNPROCESSABLE, reason);
            });
    return located;
  }

  private static Set<String> homes(List<Holder> nodes) {
    return nodes.stream().map(Holder::home).collect(Collectors.toSet());
  }

  private static MergeRequest.Private source(
      ModelId id, List<Holder> nodes, Optional<String> home, boolean reference) {
    Holder node =
        nodes.stream()
            .filter(each -> home.map(each.home()::equals).orElse(true))
            .min(Comparator.comparing(Holder::home))
            .orElseThrow();
    // Compared with the others without their meeting: by what its outline says.
    return new MergeRequest.Private(
        id,
        node.home(),
        node.node(),
        reference && home.isEmpty() ? Optional.of(node.outline().essentials()) : Optional.empty());
  }
}
