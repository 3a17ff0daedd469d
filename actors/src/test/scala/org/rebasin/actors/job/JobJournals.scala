package org.rebasin.actors.job

import com.typesafe.config.{Config, ConfigFactory}
import org.rebasin.actors.TemporaryDirectory

/** The journals that specs of jobs run on. */
object JobJournals {
  val PostgresqlUrl: Option[String] = sys.env.get("REBASIN_TEST_POSTGRESQL")

  def inMemory: Config = ConfigFactory.load()

  /** A file of a new directory. */
  def h2(): Config =
    parse(
      s"""
        include "journal-h2.conf"
        rebasin.journal.file = "${TemporaryDirectory.create("journal")}/journal"
      """
    )

  /** The database that the environment names, which trusts its user; with one more setting. */
  def postgresql(setting: String = ""): Config =
    parse(
      s"""
        include "journal-postgresql.conf"
        rebasin.journal.url = "${PostgresqlUrl.getOrElse("")}"
        rebasin.journal.user = "rebasin"
        $setting
      """
    )

  private def parse(text: String): Config =
    ConfigFactory.load(ConfigFactory.parseString(text + "\nrebasin.job.snapshot-every = 3"))
}
