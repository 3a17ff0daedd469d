package org.rebasin.actors.work

import org.scalatest.matchers.should.Matchers
import org.scalatest.wordspec.AnyWordSpec

class WorkerSpec extends AnyWordSpec with Matchers {
  "A role" should {
    "name a dispatcher of its own" in {
      Role.TRAINER.dispatcher shouldBe "rebasin.trainer-dispatcher"
    }
  }
}
