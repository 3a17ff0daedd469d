package org.rebasin.actors.job;

import akka.actor.typed.ActorSystem;
import akka.persistence.jdbc.testkit.javadsl.SchemaUtils;
import com.typesafe.config.Config;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import org.rebasin.actors.work.TaskFailure;

/** The tables of the journal. */
public final class JournalSchema {
  private static final String JDBC = "jdbc-journal";
  private static final int ATTEMPTS = 5;
  private static final Duration PAUSE = Duration.ofSeconds(1);

  private JournalSchema() {}

  /**
   * Asks the database before anything is started that needs it: the connection pool would go on
   * asking and say nothing. Asks again for a few seconds, as the file of a process that was killed
   * stays locked so long. Does nothing with the journal in memory. Blocks.
   *
   * @throws JournalUnreachableException if the database does not answer, or refuses
   */
  public static void requireReachable(Config config) {
    if (!isJdbc(config)) {
      return;
    }
    Config database = database(config);
    String url = database.getString("url");
    for (int attempt = 1; ; attempt++) {
      try (Connection connection =
          DriverManager.getConnection(
              url, database.getString("user"), database.getString("password"))) {
        if (!connection.isValid(0)) {
          throw new SQLException("the connection is not valid");
        }
        return;
      } catch (SQLException problem) {
        if (attempt == ATTEMPTS) {
          throw new JournalUnreachableException(url, problem);
        }
        pause(url, problem);
      }
    }
  }

  private static void pause(String url, SQLException problem) {
    try {
      Thread.sleep(PAUSE.toMillis());
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new JournalUnreachableException(url, problem);
    }
  }

  private static boolean isJdbc(Config config) {
    return config.getString("akka.persistence.journal.plugin").equals(JDBC);
  }

  private static Config database(Config config) {
    return config.getConfig("akka-persistence-jdbc.shared-databases.slick.db");
  }

  /**
   * Creates what is missing; does nothing with the journal in memory. Blocks.
   *
   * @throws JournalUnreachableException if the database does not answer, or refuses
   */
  public static void create(ActorSystem<?> system) {
    Config config = system.settings().config();
    if (!isJdbc(config)) {
      return;
    }
    requireReachable(config);
    for (int attempt = 1; ; attempt++) {
      try {
        SchemaUtils.createIfNotExists(system).toCompletableFuture().join();
        return;
      } catch (CompletionException failed) {
        // Two nodes that create the same table at once: the database lets one of them fail.
        if (attempt == ATTEMPTS) {
          throw new JournalUnreachableException(
              database(config).getString("url"), TaskFailure.unwrap(failed));
        }
      }
    }
  }
}
