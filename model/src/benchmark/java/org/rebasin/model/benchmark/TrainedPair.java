package org.rebasin.model.benchmark;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.rebasin.model.checkpoint.DataType;
import org.rebasin.model.checkpoint.SafetensorsWriter;
import org.rebasin.model.checkpoint.TensorDeclaration;
import org.rebasin.model.data.Batch;
import org.rebasin.model.data.BatchOrder;
import org.rebasin.model.data.Dataset;
import org.rebasin.model.network.Execution;
import org.rebasin.model.network.Network;
import org.rebasin.model.tensor.Gemm;
import org.rebasin.model.tensor.Matrix;
import org.rebasin.model.tensor.Tensor;
import org.rebasin.model.tensor.Weights;
import org.rebasin.model.training.Optimizer;
import org.rebasin.model.training.Schedule;
import org.rebasin.model.training.TrainingRun;
import org.rebasin.model.training.TrainingSettings;

/** Two networks trained on the same images from different seeds. */
record TrainedPair(Network network, Weights first, Weights second) implements AutoCloseable {
  private static final int BATCH = 500;

  static TrainedPair train(Network network, Dataset data, int epochs) {
    return new TrainedPair(
        network, train(network, data, epochs, 1), train(network, data, epochs, 2));
  }

  /** One network, trained. */
  static Weights train(Network network, Dataset data, int epochs, long seed) {
    TrainingSettings settings =
        new TrainingSettings(
            epochs, BATCH, Optimizer.Kind.ADAM, 1e-3, 0, 0, Schedule.Decay.CONSTANT, seed);
    try (TrainingRun run =
            new TrainingRun(
                network,
                network.initialize(seed),
                settings.optimizer(),
                0,
                settings.schedule(data.train().size() / BATCH),
                BATCH);
        Batch batch = new Batch(data.shape(), BATCH)) {
      for (int epoch = 1; epoch <= epochs; epoch++) {
        BatchOrder order = BatchOrder.shuffled(data.train().size(), BATCH, seed, epoch);
        for (int i = 0; i < order.batches(); i++) {
          batch.fill(data.train(), order, i);
          run.step(batch.inputs(), batch.labels(), batch.count());
        }
      }
      return Weights.copyOf(run.weights());
    }
  }

  /** {@code W_A·W_Bᵀ} of a square hidden layer. */
  float[] weightScores(String layer) {
    Matrix a = first.get(layer).matrix();
    Matrix b = second.get(layer).matrix();
    return product(a, b.transpose());
  }

  /** {@code Aᵀ·B} of the activations behind the second hidden layer over the training images. */
  float[] activationScores(Dataset data) {
    int count = data.train().size();
    try (Batch batch = new Batch(data.shape(), count);
        Execution one = Execution.forInference(network, count);
        Execution other = Execution.forInference(network, count)) {
      batch.fill(data.train(), 0, count);
      one.forward(first, batch.inputs(), count);
      other.forward(second, batch.inputs(), count);
      return product(one.value(4).matrix().transpose(), other.value(4).matrix());
    }
  }

  private static float[] product(Matrix a, Matrix b) {
    try (Tensor scores = Tensor.allocate(a.rows(), b.columns())) {
      Gemm.multiply(a, b, 0, scores.matrix());
      return scores.toArray();
    }
  }

  /** Writes weights for the peers. */
  static Path write(Weights weights, Path file) throws IOException {
    try (SafetensorsWriter writer =
        SafetensorsWriter.create(
            file,
            weights.tensors().entrySet().stream()
                .map(
                    entry ->
                        new TensorDeclaration(
                            entry.getKey(),
                            DataType.F32,
                            Arrays.stream(entry.getValue().shape()).asLongStream().toArray()))
                .toList(),
            Map.of())) {
      weights
          .tensors()
          .forEach((name, tensor) -> writer.write(name, FloatBuffer.wrap(tensor.toArray())));
      writer.commit();
    }
    return file;
  }

  @Override
  public void close() {
    first.close();
    second.close();
  }
}
