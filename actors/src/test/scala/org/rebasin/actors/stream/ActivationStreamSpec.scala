package org.rebasin.actors.stream

import java.util.concurrent.{ConcurrentLinkedQueue, TimeUnit}

import scala.jdk.CollectionConverters._

import akka.stream.Materializer
import org.rebasin.actors.ActorSpec
import org.rebasin.actors.work.Role
import org.rebasin.model.alignment.ActivationMoments
import org.rebasin.model.data.{DatasetSpecification, LabelledImages, Normalization}
import org.rebasin.model.architecture.Mlp
import org.rebasin.model.network.Network
import org.rebasin.model.permutation.PermutationSpec
import org.rebasin.model.tensor.{NativeMemory, Weights}

class ActivationStreamSpec extends ActorSpec {
  private val images: LabelledImages =
    DatasetSpecification.parse("digits:train=230,test=1").load().train()
  private val network: Network = Mlp.of(784, 12, 9, 10).network()
  private val materializer = Materializer.createMaterializer(system)
  private val dispatcher = Role.COLLECTOR.dispatcher

  /** Both networks' weights, freed afterwards. */
  private def withPair[T](work: (Weights, Weights) => T): T = {
    val a = network.initialize(1)
    val b = network.initialize(2)
    try work(a, b)
    finally {
      a.close()
      b.close()
    }
  }

  private def stream(a: Weights, b: Weights, batchSize: Int = 20): ActivationStream =
    new ActivationStream(network, a, b, images, 0, images.size, batchSize, Normalization.NONE)

  private def await(stream: ActivationStream, reader: ActivationStream.Reader): Unit =
    stream.run(reader, dispatcher, materializer).toCompletableFuture.get(30, TimeUnit.SECONDS)

  "A stream of activations" should {
    "show both networks every image once, in order, the last batch smaller" in withPair { (a, b) =>
      val counts = new ConcurrentLinkedQueue[Int]
      val activations = stream(a, b, batchSize = 60)
      try await(activations, (_, _, count) => counts.add(count))
      finally activations.close()
      counts.asScala.toSeq shouldBe Seq(60, 60, 60, 50)
    }

    "wait for a slow reader instead of filling memory" in withPair { (a, b) =>
      val activations = stream(a, b, batchSize = 5)
      try {
        await(activations, (_, _, _) => Thread.sleep(5))
        activations.inFlight.highWater should be <= ActivationStream.BOUND
        activations.inFlight.highWater should be > 1
        activations.inFlight.now shouldBe 0
      } finally activations.close()
    }

    "give the moments that one batch of everything gives, but for rounding" in withPair { (a, b) =>
      val spec = PermutationSpec.of(network)
      def moments(batchSize: Int): Seq[Double] = {
        val moments = ActivationMoments.of(spec, network)
        val activations = stream(a, b, batchSize)
        try {
          await(activations, (x, y, count) => moments.add(x, y, count))
          for (group <- 0 until 2; i <- 0 until 9; j <- 0 until 9)
            yield moments.moments(group).coMoment(i, j) / moments.moments(group).count
        } finally {
          activations.close()
          moments.close()
        }
      }
      moments(17).zip(moments(230)).foreach { case (one, other) =>
        one shouldBe other +- 1e-5
      }
    }

    "free all memory when the reader fails" in withPair { (a, b) =>
      val before = NativeMemory.bytes
      val activations = stream(a, b)
      val failure = intercept[java.util.concurrent.ExecutionException](
        await(activations, (_, _, _) => throw new IllegalStateException("cannot read"))
      )
      failure.getCause.getMessage shouldBe "cannot read"
      activations.close()
      NativeMemory.bytes shouldBe before
    }
  }
}
