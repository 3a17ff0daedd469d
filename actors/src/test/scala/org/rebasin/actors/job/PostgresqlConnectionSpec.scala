package org.rebasin.actors.job

import java.sql.{Connection, DriverManager, SQLException, Statement}

import scala.util.Using

import org.scalatest.matchers.should.Matchers
import org.scalatest.wordspec.AnyWordSpec
import slick.jdbc.JdbcBackend.Database

/** The connections that a node has to PostgreSQL, if the environment names a database. */
class PostgresqlConnectionSpec extends AnyWordSpec with Matchers {
  private val Slick = "akka-persistence-jdbc.shared-databases.slick.db"

  "A connection to PostgreSQL" should {
    "not keep others waiting for a transaction that nobody goes on with" in {
      withConnection("rebasin.journal.idle-transaction = 1 s") { frozen =>
        Using.resource(others()) { other =>
          execute(other, "CREATE TABLE held (number INTEGER PRIMARY KEY)")
          try {
            frozen.setAutoCommit(false)
            execute(frozen, "INSERT INTO held VALUES (1)")
            execute(other, "SET lock_timeout = '20 s'")
            execute(other, "INSERT INTO held VALUES (1)")
            a[SQLException] should be thrownBy frozen.commit()
          } finally {
            execute(other, "DROP TABLE held")
          }
        }
      }
    }

    "give up a database that says nothing" in {
      withConnection(Slick + ".properties.socketTimeout = 1") { connection =>
        val failure = intercept[SQLException](execute(connection, "SELECT pg_sleep(20)"))
        failure.getMessage should include("I/O error")
      }
    }
  }

  private def withConnection(setting: String)(use: Connection => Unit): Unit = {
    assume(
      JobJournals.PostgresqlUrl.isDefined,
      "REBASIN_TEST_POSTGRESQL names no database: not tested on PostgreSQL"
    )
    Using.resource(Database.forConfig(Slick, JobJournals.postgresql(setting))) { database =>
      Using.resource(database.source.createConnection())(use)
    }
  }

  private def others(): Connection =
    DriverManager.getConnection(JobJournals.PostgresqlUrl.get, "rebasin", "")

  private def execute(connection: Connection, sql: String): Unit =
    Using.resource(connection.createStatement())((_: Statement).execute(sql))
}
