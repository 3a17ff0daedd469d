package org.rebasin.actors.job

import org.scalatest.Suite
import org.scalatest.matchers.should.Matchers
import org.scalatest.wordspec.AnyWordSpec

/** The specs of {@code JobRecovery} on PostgreSQL, if the environment names one. */
class JobOnPostgresqlSpec extends AnyWordSpec with Matchers {
  override def nestedSuites: IndexedSeq[Suite] =
    if (JobJournals.PostgresqlUrl.isDefined)
      IndexedSeq(new JobRecovery(JobJournals.postgresql()) {})
    else IndexedSeq.empty

  "Jobs on PostgreSQL" should {
    "keep all promises" in {
      if (JobJournals.PostgresqlUrl.isEmpty)
        cancel("REBASIN_TEST_POSTGRESQL names no database: nothing was tested on PostgreSQL")
    }
  }
}
