package org.rebasin.actors.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.UUID;

/**
 * The journal of several processes: a PostgreSQL database of its own if the environment names a
 * server, as {@code .ci/with-postgresql} does; else a file that the first process serves to the
 * others, which that process takes along when it is lost.
 *
 * @param config a node's configuration with this journal, apart from what differs between nodes
 * @param apart whether it lives when any node is lost
 */
record SharedJournal(Path config, boolean apart) {
  private static final String SERVER = System.getenv("REBASIN_TEST_POSTGRESQL");
  private static final String USER = "rebasin";

  static SharedJournal in(Path directory) {
    return SERVER == null ? file(directory) : database(directory);
  }

  private static SharedJournal file(Path directory) {
    return new SharedJournal(
        config(
            directory,
            """
            h2.bindAddress = 127.0.0.1
            rebasin.journal.url = "jdbc:h2:file:%s;AUTO_SERVER=TRUE;WRITE_DELAY=0"
            """
                .formatted(directory.resolve("journal"))),
        false);
  }

  private static SharedJournal database(Path directory) {
    String name = "cluster_" + UUID.randomUUID().toString().replace("-", "");
    try (Connection connection = DriverManager.getConnection(SERVER, USER, "");
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE DATABASE " + name);
    } catch (SQLException problem) {
      throw new IllegalStateException("cannot make a database at " + SERVER, problem);
    }
    return new SharedJournal(
        config(
            directory,
            """
            include classpath("journal-postgresql.conf")
            rebasin.journal.url = "%s%s"
            rebasin.journal.user = "%s"
            """
                .formatted(SERVER.substring(0, SERVER.lastIndexOf('/') + 1), name, USER)),
        true);
  }

  private static Path config(Path directory, String journal) {
    Path cluster = Path.of("..", "config", "cluster.conf").toAbsolutePath();
    try {
      return Files.writeString(
          directory.resolve("node.conf"),
          "include required(file(\"%s\"))%n%s".formatted(cluster, journal));
    } catch (IOException problem) {
      throw new UncheckedIOException(problem);
    }
  }
}
