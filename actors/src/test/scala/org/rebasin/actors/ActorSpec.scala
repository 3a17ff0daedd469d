package org.rebasin.actors

import org.rebasin.actors.work.Split
import java.util.Optional

import akka.actor.testkit.typed.scaladsl.ScalaTestWithActorTestKit
import com.typesafe.config.{Config, ConfigFactory}
import org.rebasin.actors.store.ModelId
import org.rebasin.actors.work.{Task, TaskResult}
import org.rebasin.model.training.{Optimizer, Schedule, TrainingSettings}
import org.scalatest.wordspec.AnyWordSpecLike

/** What specs of actors have in common: a testkit, and tasks that only need to be told apart. */
abstract class ActorSpec(config: Config = ConfigFactory.load())
    extends ScalaTestWithActorTestKit(config)
    with AnyWordSpecLike {
  private val settings =
    new TrainingSettings(1, 10, Optimizer.Kind.ADAM, 1e-3, 0, 0, Schedule.Decay.CONSTANT, 0)

  def train(label: String): Task.Train =
    new Task.Train(label, "mlp:4-3-2", "digits", Optional.empty[Integer], settings)

  def evaluate(label: String): Task.Evaluate =
    Task.Evaluate.one(model(label), "digits", Split.TEST)

  def model(label: String): ModelId = {
    val digest = java.security.MessageDigest.getInstance("SHA-256")
    new ModelId(java.util.HexFormat.of.formatHex(digest.digest(label.getBytes("UTF-8"))))
  }

  def trained(label: String): TaskResult.Trained =
    new TaskResult.Trained(model(label), java.util.List.of[TaskResult.EpochReport](), java.util.List.of[ModelId](), 0)
}
