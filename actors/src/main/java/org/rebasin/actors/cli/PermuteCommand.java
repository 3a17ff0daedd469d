package org.rebasin.actors.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.rebasin.actors.report.Json;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.model.checkpoint.ModelFile;
import org.rebasin.model.checkpoint.Provenance;
import org.rebasin.model.permutation.Permutation;
import org.rebasin.model.permutation.PermutationGroup;
import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.permutation.Permutations;
import org.rebasin.model.tensor.Weights;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code rebasin permute}. */
@Command(
    name = "permute",
    description = "Puts a model's hidden units into an order that was found before.")
final class PermuteCommand extends RebasinCommand {
  @Parameters(index = "0", paramLabel = "MODEL", description = "The model, a safetensors file.")
  private Path model;

  @Parameters(
      index = "1",
      paramLabel = "FILE.json",
      description =
          "The permutations, as align --permutation writes them, or one of a server's alignments.")
  private Path permutation;

  @Option(names = "--out", required = true, description = "Where the permuted model is written.")
  private Path out;

  @Mixin private ModelOptions models;

  @Override
  Output execute() {
    requireWritable(out);
    if (!Files.isReadable(permutation)) {
      throw new IllegalArgumentException(
          "expected a file that can be read, found none at " + permutation);
    }
    JsonNode groups = Json.read(permutation).path("groups");
    try (ModelStore store = new ModelStore(directoryOf(out))) {
      ModelId id = models.register(store, List.of(model)).get(0);
      try (ModelFile file = store.open(id)) {
        PermutationSpec spec = PermutationSpec.of(file.network());
        Permutations permutations = permutations(spec, groups);
        ModelId permuted = permuted(store, file, spec, permutations);
        store.export(permuted, out);
        int moved = permutations.byGroup().stream().mapToInt(Permutation::moved).sum();
        int units = permutations.byGroup().stream().mapToInt(Permutation::size).sum();
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("units", units);
        document.put("moved", moved);
        document.put("out", out.toString());
        document.put("sha256", permuted.sha256());
        return new Output(
            document, "%d of %d units moved%nwritten to %s".formatted(moved, units, out));
      }
    }
  }

  private Permutations permutations(PermutationSpec spec, JsonNode groups) {
    Map<String, int[]> byName = new TreeMap<>();
    for (JsonNode group : groups) {
      List<Integer> sources = new ArrayList<>();
      group.path("permutation").forEach(source -> sources.add(source.asInt(-1)));
      byName.put(
          group.path("name").asText(), sources.stream().mapToInt(Integer::intValue).toArray());
    }
    List<Permutation> permutations = new ArrayList<>();
    for (PermutationGroup group : spec.groups()) {
      int[] sources = byName.getOrDefault(group.name(), new int[0]);
      if (sources.length != group.size()) {
        throw new IllegalArgumentException(
            "%s: expected a permutation of the %d units of %s, found %d"
                .formatted(permutation, group.size(), group.name(), sources.length));
      }
      permutations.add(Permutation.of(sources));
    }
    return new Permutations(permutations);
  }

  private static ModelId permuted(
      ModelStore store, ModelFile file, PermutationSpec spec, Permutations permutations) {
    Map<String, String> metadata = new TreeMap<>(file.metadata());
    metadata.put(ModelFile.ARCHITECTURE, file.network().architecture());
    metadata.put(
        Provenance.KEY,
        new Provenance(
                "permute", List.of(file.sha256()), Map.of("permutations", permutations.sha256()))
            .json());
    try (Weights weights = permutations.apply(spec, file.weights())) {
      return store.write(
          Stream.concat(file.state().stream(), file.declarations().stream()).toList(),
          metadata,
          writer -> {
            file.copyState(writer);
            file.declarations()
                .forEach(
                    tensor ->
                        writer.write(
                            tensor.name(), weights.get(tensor.name()).values().duplicate()));
          });
    }
  }
}
