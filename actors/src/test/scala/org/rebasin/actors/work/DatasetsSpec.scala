package org.rebasin.actors.work

import scala.jdk.CollectionConverters._

import org.rebasin.model.data.DatasetException
import org.scalatest.matchers.should.Matchers
import org.scalatest.wordspec.AnyWordSpec

class DatasetsSpec extends AnyWordSpec with Matchers {
  private val Ours = "digits:seed=3,train=60,test=20"

  private def names(byName: (String, String)*): DataNames = new DataNames(byName.toMap.asJava)

  private def node(byName: (String, String)*): Datasets = new Datasets(names(byName: _*))

  "A data set's name" should {
    "stand for what its node has under it" in {
      val few = node("few" -> Ours)
      few.get("few").train().size() shouldBe 60
      few.get("few").train() shouldBe theSameInstanceAs(few.get(Ours).train())
    }

    "go with options, which join those behind the name" in {
      val selected = node("few" -> (Ours + "#train=40")).get("few#test=5")
      selected.train().size() shouldBe 40
      selected.test().size() shouldBe 5
    }

    "be another node's to have" in {
      an[IllegalStateException] should be thrownBy node("few" -> Ours).get("many")
      an[IllegalStateException] should be thrownBy node().get("few#train=3")
    }

    "stay in tasks as it is, and digits be written out" in {
      val known = names("few" -> Ours, "half" -> (Ours + "#train=30"))
      for (text <- List("few", "half#test=5")) known.requireKnown(text) shouldBe text
      known.requireKnown("digits:train=9") shouldBe "digits:seed=0,train=9,test=2000"
      for (unknown <- List("many", "few#colour=3", "few#train=1#test=1", "mnist:/srv"))
        withClue(unknown) {
          an[IllegalArgumentException] should be thrownBy known.requireKnown(unknown)
        }
    }

    "be all that is said of missing files" in {
      val message = intercept[DatasetException] {
        node("shapes" -> "mnist:/srv/shapes#train=9").get("shapes#test=5")
      }.getMessage
      message should include("shapes")
      message should not include "/srv"
    }
  }

  "A process without names" should {
    "say where files are missing" in {
      val message = intercept[DatasetException](new Datasets().get("mnist:/srv/shapes")).getMessage
      message should include("/srv/shapes")
    }

    "explain what it expected" in {
      val message = intercept[IllegalArgumentException](new Datasets().get("shapes")).getMessage
      message should include("expected digits")
    }
  }
}
