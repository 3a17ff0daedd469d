package org.rebasin.actors.stream;

import akka.Done;
import akka.NotUsed;
import akka.stream.ActorAttributes;
import akka.stream.Attributes;
import akka.stream.Materializer;
import akka.stream.javadsl.Flow;
import akka.stream.javadsl.Keep;
import akka.stream.javadsl.Sink;
import akka.stream.javadsl.Source;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import org.rebasin.model.checkpoint.ModelFile;
import org.rebasin.model.checkpoint.TensorDeclaration;
import org.rebasin.model.merge.WeightedAverage;
import org.rebasin.model.permutation.PermutationSpec;
import org.rebasin.model.permutation.Permutations;
import org.rebasin.model.tensor.Tensor;

/**
 * Reads many models as one stream of tensors, permuted, and averages them tensor by tensor. However
 * many models there are, and however large, it holds the tensor being averaged and at most {@link
 * #BOUND} more.
 */
public final class ModelTensors {
  /** Tensors in flight at most: one being read, one that waits, one being added. */
  public static final int BOUND = 3;

  private final List<Member> members;
  private final double[] weights;
  private final PermutationSpec spec;
  private final InFlight inFlight = new InFlight();

  /**
   * One of the models to average.
   *
   * @param permutations that bring it into the common order; empty for the model that defines it
   */
  public record Member(ModelFile file, Optional<Permutations> permutations) {}

  /**
   * The average of some models of one network.
   *
   * @param weights how much each counts, summing to 1
   */
  public ModelTensors(PermutationSpec spec, List<Member> members, double[] weights) {
    this.spec = spec;
    this.members = List.copyOf(members);
    this.weights = weights.clone();
  }

  /** The tensors that are in the stream. */
  public InFlight inFlight() {
    return inFlight;
  }

  /**
   * Averages all tensors of the first model, in its file's order.
   *
   * @param sink receives each mean, which is freed when it returns; a slow one slows the reading
   * @param dispatcher on which reading and averaging run
   */
  public CompletionStage<Done> averageInto(
      BiConsumer<TensorDeclaration, Tensor> sink, String dispatcher, Materializer materializer) {
    return Source.from(members.get(0).file().declarations())
        .flatMapConcat(this::average)
        .toMat(
            Sink.foreach(
                average -> {
                  try (WeightedAverage closing = average.mean()) {
                    sink.accept(average.tensor(), closing.mean());
                  }
                }),
            Keep.right())
        .withAttributes(ActorAttributes.dispatcher(dispatcher))
        .run(materializer);
  }

  private record Average(TensorDeclaration tensor, WeightedAverage mean) {}

  private Source<Average, NotUsed> average(TensorDeclaration tensor) {
    int[] shape = members.get(0).file().shape(tensor.name());
    return Source.from(members)
        .map(member -> read(member, tensor.name()))
        .async()
        .via(
            Flow.of(Tensor.class)
                .fold(new Average(tensor, new WeightedAverage(shape, weights)), this::add)
                .addAttributes(Attributes.inputBuffer(1, 1)));
  }

  private Average add(Average average, Tensor read) {
    try (Tensor closing = read) {
      average.mean().add(closing);
    } finally {
      inFlight.left();
    }
    return average;
  }

  private Tensor read(Member member, String name) {
    inFlight.entered();
    // Read, not mapped: a stream that fails may still be reading when the files are closed.
    Tensor stored = member.file().read(name);
    if (member.permutations().isEmpty()) {
      return stored;
    }
    try (Tensor closing = stored) {
      Tensor permuted = Tensor.allocate(closing.shape());
      member.permutations().get().apply(spec, name, closing, permuted);
      return permuted;
    }
  }
}
