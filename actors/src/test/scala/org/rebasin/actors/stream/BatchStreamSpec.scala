package org.rebasin.actors.stream

import scala.collection.mutable
import scala.concurrent.Await
import scala.concurrent.duration._
import scala.jdk.FutureConverters._

import akka.stream.javadsl.Sink
import org.rebasin.actors.ActorSpec
import org.rebasin.model.data.{ImageShape, LabelledImages}
import org.rebasin.model.tensor.NativeMemory

class BatchStreamSpec extends ActorSpec {
  /** Images of one pixel: the image with index i holds the value i. */
  private def images(count: Int): LabelledImages =
    LabelledImages.of(
      new ImageShape(1, 1, 1),
      2,
      Array.tabulate[Byte](count)(_.toByte),
      Array.fill[Byte](count)(0)
    )

  private def read(ready: BatchStream.Ready): Seq[Int] =
    (0 until ready.batch.count).map(i => math.round(ready.batch.inputs.values.get(i) * 255))

  /** All batches' images in order, by epoch. */
  private def run(batches: BatchStream, each: BatchStream.Ready => Unit): Unit = {
    val done = batches
      .source()
      .map[BatchStream.Ready] { ready =>
        each(ready)
        batches.giveBack(ready)
        ready
      }
      .runWith(Sink.ignore(), system)
    Await.result(done.asScala, 20.seconds)
    ()
  }

  private def order(seed: Long): Map[Int, Seq[Int]] = {
    val batches = new BatchStream(images(23), 5, 3, seed)
    try {
      val seen = mutable.Map[Int, Seq[Int]]().withDefaultValue(Seq.empty)
      run(batches, ready => seen(ready.epoch) = seen(ready.epoch) ++ read(ready))
      seen.toMap
    } finally batches.close()
  }

  "A stream of batches" should {
    "hold no more batches than its bound, however slow the step" in {
      val batches = new BatchStream(images(60), 2, 1, 1)
      try {
        val held = mutable.Buffer[Int]()
        run(
          batches,
          _ => {
            Thread.sleep(10)
            held += batches.inFlight.now
          }
        )
        held should have size 30
        batches.inFlight.highWater should be <= BatchStream.bound
        // It runs ahead, or the bound would hold for no good reason.
        batches.inFlight.highWater should be > 1
        batches.inFlight.now shouldBe 0
      } finally batches.close()
    }

    "stop filling when nobody draws" in {
      val before = NativeMemory.bytes
      val batches = new BatchStream(images(200), 1, 1, 1)
      val (blocked, release) =
        (new java.util.concurrent.CountDownLatch(1), new java.util.concurrent.CountDownLatch(1))
      val done = batches
        .source()
        .map[BatchStream.Ready] { ready =>
          blocked.countDown()
          release.await()
          batches.giveBack(ready)
          ready
        }
        .runWith(Sink.ignore(), system)
      try {
        blocked.await()
        eventually(batches.inFlight.now should be >= 2)
        Thread.sleep(100)
        batches.inFlight.highWater should be <= BatchStream.bound
        NativeMemory.bytes - before should be <= 4L * BatchStream.bound
      } finally {
        release.countDown()
        Await.result(done.asScala, 20.seconds)
        batches.close()
      }
    }

    "show every example once in each epoch" in {
      val seen = order(seed = 7)
      seen.keySet shouldBe Set(1, 2, 3)
      seen.values.foreach(_.sorted shouldBe (0 until 23))
      seen(1) should not be seen(2)
    }

    "take its order from the seed alone" in {
      order(seed = 7) shouldBe order(seed = 7)
      order(seed = 7)(1) should not be order(seed = 8)(1)
    }

    "mark the last batch of each epoch, which may be smaller" in {
      val batches = new BatchStream(images(23), 5, 2, 1)
      try {
        val counts = mutable.Buffer[(Int, Int, Boolean)]()
        run(batches, ready => counts += ((ready.epoch, ready.batch.count, ready.last)))
        batches.batchesPerEpoch shouldBe 5
        val epoch = List((5, false), (5, false), (5, false), (5, false), (3, true))
        counts shouldBe
          (1 to 2).flatMap(e => epoch.map { case (count, last) => (e, count, last) })
      } finally batches.close()
    }

    "free its memory, also when it failed half-way" in {
      val before = NativeMemory.bytes
      val batches = new BatchStream(images(60), 2, 1, 1)
      val failure = intercept[IllegalStateException] {
        run(batches, ready => if (read(ready).contains(30)) throw new IllegalStateException("30"))
      }
      failure.getMessage shouldBe "30"
      batches.close()
      eventually(NativeMemory.bytes shouldBe before)
    }

    "free its memory when it was abandoned" in {
      val before = NativeMemory.bytes
      val batches = new BatchStream(images(60), 2, 1, 1)
      val first = batches.source().runWith(Sink.head[BatchStream.Ready](), system)
      Await.result(first.asScala, 20.seconds).epoch shouldBe 1
      batches.close()
      eventually(NativeMemory.bytes shouldBe before)
    }
  }
}
