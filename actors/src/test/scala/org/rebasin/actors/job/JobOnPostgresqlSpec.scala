package org.rebasin.actors.job

import org.scalatest.{Canceled, Outcome}

/** On PostgreSQL, if the environment names a database; else each promise is told to be unchecked. */
class JobOnPostgresqlSpec
    extends JobRecovery(
      if (JobJournals.PostgresqlUrl.isDefined) JobJournals.postgresql() else JobJournals.inMemory
    ) {
  override def withFixture(test: NoArgTest): Outcome =
    if (JobJournals.PostgresqlUrl.isDefined) super.withFixture(test)
    else Canceled("REBASIN_TEST_POSTGRESQL names no database: not tested on PostgreSQL")
}
