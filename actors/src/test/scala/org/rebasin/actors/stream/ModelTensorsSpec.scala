package org.rebasin.actors.stream

import java.nio.FloatBuffer
import java.nio.file.{Files, Path}
import java.util.{Optional, Random}
import java.util.concurrent.CompletionException

import scala.collection.mutable
import scala.concurrent.Await
import scala.concurrent.duration._
import scala.jdk.CollectionConverters._
import scala.jdk.FutureConverters._

import akka.stream.Materializer
import org.rebasin.actors.ActorSpec
import org.rebasin.model.checkpoint.{DataType, ModelFile, SafetensorsWriter, TensorDeclaration}
import org.rebasin.model.permutation.{Permutation, PermutationSpec, Permutations}
import org.rebasin.model.tensor.{NativeMemory, Tensor}

class ModelTensorsSpec extends ActorSpec {
  private val count = 12
  private val units = 64
  private val shapes = List(
    "fc1.weight" -> List(units, 32),
    "fc1.bias" -> List(units),
    "fc2.weight" -> List(10, units),
    "fc2.bias" -> List(10)
  )
  private val largest = 4L * units * 32

  private def write(file: Path, seed: Int): Path = {
    val random = new Random(seed)
    val declarations = shapes.map { case (name, shape) =>
      new TensorDeclaration(name, DataType.F32, shape.map(_.toLong).toArray)
    }
    val writer =
      SafetensorsWriter.create(file, declarations.asJava, java.util.Map.of[String, String]())
    try {
      shapes.foreach { case (name, shape) =>
        val values = Array.fill(shape.product)(random.nextGaussian().toFloat)
        writer.write(name, FloatBuffer.wrap(values))
      }
      writer.commit()
    } finally writer.close()
    file
  }

  private def permutations(seed: Int): Permutations = {
    val order = (0 until units).map(Int.box).asJava
    val shuffled = new java.util.ArrayList[Integer](order)
    java.util.Collections.shuffle(shuffled, new Random(seed))
    new Permutations(java.util.List.of(Permutation.of(shuffled.asScala.map(_.intValue).toSeq: _*)))
  }

  private class Fixture {
    val directory: Path = Files.createTempDirectory("model-tensors")
    val files: Seq[ModelFile] = (1 to count).map(seed =>
      ModelFile.open(write(directory.resolve(s"$seed.safetensors"), seed), Optional.empty[String])
    )
    val spec: PermutationSpec = PermutationSpec.of(files.head.network)
    val orders: Seq[Option[Permutations]] = (1 to count).map(i => Option.when(i > 1)(permutations(i)))
    val weights: Array[Double] = Array.tabulate(count)(i => (i + 1.0) / (count * (count + 1) / 2))
    val tensors = new ModelTensors(
      spec,
      files.zip(orders).map { case (file, order) =>
        new ModelTensors.Member(file, Optional.ofNullable(order.orNull))
      }.asJava,
      weights
    )

    def average(sink: (TensorDeclaration, Tensor) => Unit): Unit = {
      val done = tensors.averageInto(
        (tensor, mean) => sink(tensor, mean),
        "rebasin.solver-dispatcher",
        Materializer(system)
      )
      Await.result(done.asScala, 20.seconds)
      ()
    }

    /** The mean of the permuted tensors, one at a time in double. */
    def naiveMean(name: String): Array[Double] = {
      val sum = new Array[Double](files.head.weights().get(name).size)
      for (((file, order), weight) <- files.zip(orders).zip(weights)) {
        val source = file.weights().get(name)
        val target = Tensor.allocate(source.shape: _*)
        try {
          order.getOrElse(spec.identity).apply(spec, name, source, target)
          target.toArray.zipWithIndex.foreach { case (value, i) => sum(i) += weight * value }
        } finally target.close()
      }
      sum
    }

    def close(): Unit = {
      files.foreach(_.close())
      Files.list(directory).iterator.asScala.toList.foreach(Files.delete(_))
      Files.delete(directory)
    }
  }

  private def withModels(body: Fixture => Unit): Unit = {
    val fixture = new Fixture
    try body(fixture)
    finally fixture.close()
  }

  "The average of many models" should {
    "equal the mean taken one by one, in the file's order" in withModels { models =>
      val means = mutable.LinkedHashMap[String, Array[Float]]()
      models.average((tensor, mean) => means(tensor.name) = mean.toArray)
      means.keys.toList shouldBe models.files.head.declarations.asScala.map(_.name).toList
      for ((name, mean) <- means) {
        models.naiveMean(name).zip(mean).foreach { case (expected, found) =>
          found.toDouble shouldBe expected +- 1e-5
        }
      }
    }

    "hold its bound of tensors and the mean, however slow the sink" in withModels { models =>
      val before = NativeMemory.bytes
      NativeMemory.resetPeak()
      models.average((_, _) => Thread.sleep(40))
      models.tensors.inFlight.highWater should be <= ModelTensors.BOUND
      models.tensors.inFlight.now shouldBe 0
      NativeMemory.peakBytes - before should be <= (ModelTensors.BOUND + 1) * largest
      NativeMemory.bytes shouldBe before
    }

    "free its memory when the sink fails" in withModels { models =>
      val before = NativeMemory.bytes
      val failure = intercept[CompletionException] {
        models.average((tensor, _) =>
          if (tensor.name == "fc1.weight") throw new IllegalStateException("the disk is full")
        )
      }
      failure.getCause.getMessage shouldBe "the disk is full"
      eventually(NativeMemory.bytes shouldBe before)
    }

    "free its memory when a model cannot be permuted" in withModels { models =>
      val before = NativeMemory.bytes
      val broken = new ModelTensors(
        models.spec,
        models.files.zipWithIndex.map { case (file, i) =>
          val order =
            if (i < 7) models.orders(i)
            else Some(new Permutations(java.util.List.of[Permutation]()))
          new ModelTensors.Member(file, Optional.ofNullable(order.orNull))
        }.asJava,
        models.weights
      )
      val done =
        broken.averageInto((_, _) => (), "rebasin.solver-dispatcher", Materializer(system))
      val failure = intercept[CompletionException](Await.result(done.asScala, 20.seconds))
      failure.getCause shouldBe an[IndexOutOfBoundsException]
      eventually(NativeMemory.bytes shouldBe before)
    }
  }
}
