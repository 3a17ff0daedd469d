package org.rebasin.actors.cluster;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.UUID;

/**
 * The journal of several processes: a PostgreSQL database of its own if the environment names a
 * server, as {@code .ci/with-postgresql} does; else a file that the first process serves to the
 * others, which that process takes along when it is lost.
 *
 * @param settings that tell a node of it, each {@code key=value}
 * @param apart whether it lives when any node is lost
 */
record SharedJournal(List<String> settings, boolean apart) {
  private static final String SERVER = System.getenv("REBASIN_TEST_POSTGRESQL");
  private static final String USER = "rebasin";
  private static final String SLICK = "akka-persistence-jdbc.shared-databases.slick.";

  static SharedJournal in(Path directory) {
    return SERVER == null ? file(directory.resolve("journal")) : database();
  }

  private static SharedJournal file(Path file) {
    return new SharedJournal(
        List.of(
            "h2.bindAddress=127.0.0.1",
            "rebasin.journal.url=jdbc:h2:file:" + file + ";AUTO_SERVER=TRUE;WRITE_DELAY=0"),
        false);
  }

  private static SharedJournal database() {
    String name = "cluster_" + UUID.randomUUID().toString().replace("-", "");
    try (Connection connection = DriverManager.getConnection(SERVER, USER, "");
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE DATABASE " + name);
    } catch (SQLException problem) {
      throw new IllegalStateException("cannot make a database at " + SERVER, problem);
    }
    return new SharedJournal(
        List.of(
            "rebasin.journal.url=" + SERVER.substring(0, SERVER.lastIndexOf('/') + 1) + name,
            "rebasin.journal.user=" + USER,
            SLICK + "profile=slick.jdbc.PostgresProfile$",
            SLICK + "db.driver=org.postgresql.Driver"),
        true);
  }
}
