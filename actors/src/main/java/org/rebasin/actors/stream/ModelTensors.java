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
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import org.rebasin.actors.telemetry.StreamMetrics;
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
  private final InFlight inFlight = new InFlight(StreamMetrics.TENSORS);
  private final Map<Object, Runnable> owned = new IdentityHashMap<>();
  private boolean ended;

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
   * Averages all tensors of the first model, in its file's order. To be called once; when the
   * result completes, well or not, all memory is freed.
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
                  sink.accept(average.tensor(), average.mean().mean());
                  release(average.mean());
                }),
            Keep.right())
        .withAttributes(ActorAttributes.dispatcher(dispatcher))
        .run(materializer)
        .whenComplete((done, thrown) -> end());
  }

  private record Average(TensorDeclaration tensor, WeightedAverage mean) {}

  private Source<Average, NotUsed> average(TensorDeclaration tensor) {
    int[] shape = members.get(0).file().shape(tensor.name());
    return Source.from(members)
        .map(member -> read(member, tensor.name()))
        .via(StreamMetrics.TENSORS.meter(read -> 4L * read.size()))
        .async()
        .via(
            Flow.of(Tensor.class)
                .fold(new Average(tensor, mean(shape)), this::add)
                .addAttributes(Attributes.inputBuffer(1, 1)));
  }

  private Average add(Average average, Tensor read) {
    average.mean().add(read);
    release(read);
    inFlight.left();
    return average;
  }

  private Tensor read(Member member, String name) {
    inFlight.entered();
    // Read, not mapped: a stream that fails may still be reading when the files are closed.
    Tensor stored = member.file().read(name);
    if (member.permutations().isEmpty()) {
      return own(stored, stored::close);
    }
    try (Tensor closing = stored) {
      Tensor permuted = Tensor.allocate(closing.shape());
      try {
        member.permutations().get().apply(spec, name, closing, permuted);
      } catch (RuntimeException problem) {
        permuted.close();
        throw problem;
      }
      return own(permuted, permuted::close);
    }
  }

  private WeightedAverage mean(int[] shape) {
    WeightedAverage mean = new WeightedAverage(shape, weights);
    return own(mean, mean::close);
  }

  /** Sees to it that what a failed stream drops is freed nevertheless. */
  private synchronized <T> T own(T memory, Runnable free) {
    if (ended) {
      // Reading runs beside the averaging, and may be the last to hear that it failed.
      free.run();
      throw new CancellationException("the average was given up");
    }
    owned.put(memory, free);
    return memory;
  }

  private synchronized void release(Object memory) {
    Optional.ofNullable(owned.remove(memory)).ifPresent(Runnable::run);
  }

  private synchronized void end() {
    ended = true;
    inFlight.close();
    owned.values().forEach(Runnable::run);
    owned.clear();
  }
}
