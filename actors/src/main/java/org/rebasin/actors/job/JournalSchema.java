package org.rebasin.actors.job;

import akka.actor.typed.ActorSystem;
import akka.persistence.jdbc.testkit.javadsl.SchemaUtils;
import com.typesafe.config.Config;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.concurrent.CompletionException;
import org.rebasin.actors.work.TaskFailure;

/** The tables of the journal. */
public final class JournalSchema {
  private static final String JDBC = "jdbc-journal";
  private static final int ATTEMPTS = 5;

  private JournalSchema() {}

  /**
   * Creates what is missing; does nothing with the journal in memory. Blocks.
   *
   * @throws JournalUnreachableException if the database does not answer, or refuses
   */
  public static void create(ActorSystem<?> system) {
    Config config = system.settings().config();
    if (!config.getString("akka.persistence.journal.plugin").equals(JDBC)) {
      return;
    }
    Config database = config.getConfig("akka-persistence-jdbc.shared-databases.slick.db");
    String url = database.getString("url");
    reach(url, database.getString("user"), database.getString("password"));
    for (int attempt = 1; ; attempt++) {
      try {
        SchemaUtils.createIfNotExists(system).toCompletableFuture().join();
        return;
      } catch (CompletionException failed) {
        // Two nodes that create the same table at once: the database lets one of them fail.
        if (attempt == ATTEMPTS) {
          throw new JournalUnreachableException(url, TaskFailure.unwrap(failed));
        }
      }
    }
  }

  /** Asks once, since the connection pool would go on asking and say nothing. */
  private static void reach(String url, String user, String password) {
    try (Connection connection = DriverManager.getConnection(url, user, password)) {
      if (!connection.isValid(0)) {
        throw new SQLException("the connection is not valid");
      }
    } catch (SQLException problem) {
      throw new JournalUnreachableException(url, problem);
    }
  }
}
