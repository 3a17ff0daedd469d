package org.rebasin.actors.stream

import akka.actor.testkit.typed.scaladsl.ScalaTestWithActorTestKit
import akka.stream.testkit.scaladsl.TestSink
import akka.stream.{Materializer, SystemMaterializer}
import org.rebasin.model.checkpoint._
import org.rebasin.model.data.{DatasetSpecification, LabelledImages}
import org.rebasin.model.network.Mlp
import org.rebasin.model.permutation.{Permutation, PermutationSpec, Permutations}
import org.rebasin.model.tensor.{NativeMemory, Weights}
import org.scalatest.wordspec.AnyWordSpecLike

import java.nio.file.{Files, Path}
import java.util.Optional
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicInteger
import scala.concurrent.duration._
import scala.jdk.CollectionConverters._
import scala.jdk.FutureConverters._
import scala.util.Random

class BackpressureSpec extends ScalaTestWithActorTestKit with AnyWordSpecLike {
  private val materializer: Materializer = SystemMaterializer(system).materializer
  private val images: LabelledImages =
    DatasetSpecification.parse("digits:train=500,test=1").load().train()

  "A stream of batches" should {
    "hold no more than its bound while the step is slow, and stop filling" in {
      val stream = new BatchStream(images, 10, 2, 1)
      val probe = stream.source().asScala.runWith(TestSink[BatchStream.Ready]())
      probe.request(1)
      val first = probe.expectNext()
      eventually(stream.inFlight().now() should be >= 3)
      probe.expectNoMessage(100.millis)
      val settled = stream.inFlight().now()
      settled should be <= BatchStream.bound()
      probe.expectNoMessage(200.millis)
      stream.inFlight().now() shouldBe settled

      stream.giveBack(first)
      for (_ <- 2 to 100) {
        probe.request(1)
        stream.giveBack(probe.expectNext())
      }
      probe.request(1).expectComplete()
      stream.inFlight().highWater() should be <= BatchStream.bound()
      stream.inFlight().now() shouldBe 0
      stream.close()
    }

    "bring each image once an epoch, in an order that the seed decides" in {
      def labels(seed: Long): Seq[Seq[Int]] = {
        val stream = new BatchStream(images, 64, 2, seed)
        val all = stream
          .source()
          .asScala
          .map { ready =>
            val taken = ready.batch.labels.take(ready.batch.count).toSeq
            stream.giveBack(ready)
            ready.epoch -> taken
          }
          .runWith(akka.stream.scaladsl.Sink.seq)
          .futureValue
        stream.close()
        Seq(1, 2).map(epoch => all.filter(_._1 == epoch).flatMap(_._2))
      }
      val Seq(one, two) = labels(5): @unchecked
      one should have size 500
      one should not be two
      one.sorted shouldBe two.sorted
      labels(5) shouldBe Seq(one, two)
      labels(6) should not be Seq(one, two)
    }

    "free its memory when it is abandoned" in {
      val before = NativeMemory.bytes()
      val stream = new BatchStream(images, 10, 1000, 1)
      val probe = stream.source().asScala.runWith(TestSink[BatchStream.Ready]())
      probe.request(3).expectNextN(3)
      NativeMemory.bytes() should be > before
      probe.cancel()
      stream.close()
      eventually(NativeMemory.bytes() shouldBe before)
    }
  }

  "A merge of many models" should {
    val network = Mlp.of(20, 300, 200, 10).network()
    val spec = PermutationSpec.of(network)
    val directory = Files.createTempDirectory("rebasin-spec")

    def randomPermutations(seed: Int): Permutations = {
      val random = new Random(seed)
      val all = spec.groups().asScala.map { group =>
        Permutation.of(random.shuffle((0 until group.size).toVector): _*)
      }
      new Permutations(all.asJava)
    }

    def write(seed: Int): Path = {
      val path = directory.resolve(s"$seed.safetensors")
      val weights = network.initialize(seed)
      val declarations = network
        .parameters()
        .asScala
        .map(p => new TensorDeclaration(p.name, DataType.F32, p.dimensions.map(_.toLong)))
      val writer =
        SafetensorsWriter.create(path, declarations.asJava, java.util.Map.of[String, String]())
      weights.tensors().forEach((name, t) => writer.write(name, t.values().duplicate()))
      writer.commit()
      writer.close()
      weights.close()
      path
    }

    "hold only the mean and its bound of tensors, however many models there are" in {
      val count = 12
      val files = (1 to count).map(seed => ModelFile.open(write(seed), Optional.empty[String]()))
      val permutations = (1 to count).map(randomPermutations)
      val expected = files.zip(permutations).map { case (file, p) => p.apply(spec, file.weights()) }
      val before = NativeMemory.bytes()
      NativeMemory.resetPeak()

      val members = files.zip(permutations).map { case (file, p) =>
        new ModelTensors.Member(file, Optional.of(p))
      }
      val tensors = new ModelTensors(spec, members.asJava, Array.fill(count)(1.0 / count))
      val averaged = new AtomicInteger()
      tensors
        .averageInto(
          (declaration, mean) => {
            TimeUnit.MILLISECONDS.sleep(20) // a slow disk
            val found = mean.toArray
            val sums = expected.map(_.get(declaration.name).toArray)
            found.indices.foreach { i =>
              found(i) shouldBe (sums.map(_(i).toDouble).sum / count).toFloat +- 1e-6f
            }
            averaged.incrementAndGet()
          },
          "akka.actor.default-dispatcher",
          materializer)
        .asScala
        .futureValue(timeout(20.seconds))

      averaged.get shouldBe 6
      tensors.inFlight().highWater() should be <= ModelTensors.BOUND
      tensors.inFlight().now() shouldBe 0
      NativeMemory.bytes() shouldBe before
      // The largest tensor, as mean and for each one in flight as read and as permuted.
      NativeMemory.peakBytes() - before should be <= 4L * 300 * 200 * (2 + 2 * ModelTensors.BOUND)
      expected.foreach((weights: Weights) => weights.close())
      files.foreach(_.close())
    }
  }
}
