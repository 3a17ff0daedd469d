package org.rebasin.actors.http;

import com.typesafe.config.Config;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.rebasin.actors.work.DataNames;

/**
 * How the server listens, and what bounds its requests.
 *
 * @param host the address to bind to
 * @param port the port; 0 for any
 * @param token what requests must show; needed unless the host is a loopback address
 * @param tls the key store to serve TLS with
 * @param data the data sets that requests may name
 * @param limits what bounds requests
 */
public record ApiSettings(
    String host,
    int port,
    Optional<String> token,
    Optional<TlsKeys> tls,
    DataNames data,
    Limits limits) {
  private static final int SHORTEST_TOKEN = 16;

  /**
   * What bounds requests.
   *
   * @param maxUpload bytes of a model
   * @param maxDocument bytes of any other request's content
   * @param maxModels models of one merge
   * @param uploads at a time
   * @param openUploads that were begun, to go on when their senders like
   * @param uploadExpiry without a byte, after which such an upload is forgotten
   * @param eventStreams at a time
   * @param connections at a time
   * @param requestTimeout until there is an answer
   * @param uploadTimeout until a model is there
   * @param idleTimeout without a byte in either direction, after which a connection is closed
   * @param heartbeat between two signs of life of an event stream
   */
  public record Limits(
      long maxUpload,
      long maxDocument,
      int maxModels,
      int uploads,
      int openUploads,
      Duration uploadExpiry,
      int eventStreams,
      int connections,
      Duration requestTimeout,
      Duration uploadTimeout,
      Duration idleTimeout,
      Duration heartbeat) {
    static Limits of(Config http) {
      return new Limits(
          http.getBytes("max-upload"),
          http.getBytes("max-document"),
          http.getInt("max-models"),
          http.getInt("max-uploads"),
          http.getInt("max-open-uploads"),
          http.getDuration("upload-expiry"),
          http.getInt("max-event-streams"),
          http.getInt("max-connections"),
          http.getDuration("request-timeout"),
          http.getDuration("upload-timeout"),
          http.getDuration("idle-timeout"),
          http.getDuration("heartbeat"));
    }

    /** Checks what would make the server useless. */
    public Limits {
      if (maxUpload < 1 || maxDocument < 1 || maxModels < 2) {
        throw new IllegalArgumentException(
            "rebasin.http: expected max-upload and max-document above 0 and max-models of at least"
                + " 2, found %d, %d and %d".formatted(maxUpload, maxDocument, maxModels));
      }
      if (openUploads < 1 || uploadExpiry.isZero() || uploadExpiry.isNegative()) {
        throw new IllegalArgumentException(
            "rebasin.http: expected max-open-uploads and upload-expiry above 0, found %d and %s"
                .formatted(openUploads, uploadExpiry));
      }
      if (uploads < 1 || eventStreams < 1 || connections < 1) {
        throw new IllegalArgumentException(
            "rebasin.http: expected max-uploads, max-event-streams and max-connections above 0,"
                + " found %d, %d and %d".formatted(uploads, eventStreams, connections));
      }
      if (heartbeat.compareTo(idleTimeout) >= 0) {
        throw new IllegalArgumentException(
            "rebasin.http.heartbeat: expected less than idle-timeout, %s, found %s"
                .formatted(idleTimeout, heartbeat));
      }
    }
  }

  /** Refuses a server that strangers could reach and nobody guards. */
  public ApiSettings {
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException("rebasin.http.port: expected 0 to 65535, found " + port);
    }
    if (token.isEmpty() && !isLoopback(host)) {
      throw new IllegalArgumentException(
          "rebasin.http.host: %s is not a loopback address, so that others can reach it; expected"
                  .formatted(host)
              + " a bearer token in the file that rebasin.http.token-file names, found none");
    }
    token.ifPresent(
        secret -> {
          if (secret.length() < SHORTEST_TOKEN || !secret.matches("[\\x21-\\x7e]+")) {
            throw new IllegalArgumentException(
                "rebasin.http.token-file: expected a token of at least %d visible ASCII characters,"
                        .formatted(SHORTEST_TOKEN)
                    + " found "
                    + (secret.length() < SHORTEST_TOKEN ? secret.length() : "others"));
          }
        });
  }

  /**
   * The settings that configuration gives.
   *
   * @param config the whole of it
   * @throws IllegalArgumentException naming the setting that is wrong
   */
  public static ApiSettings of(Config config) {
    Config http = config.getConfig("rebasin.http");
    return new ApiSettings(
        http.getString("host"),
        http.getInt("port"),
        file(http, "token-file").map(path -> secret("rebasin.http.token-file", path)),
        file(http, "tls.keystore")
            .map(
                keystore ->
                    new TlsKeys(
                        keystore,
                        secret(
                            "rebasin.http.tls.password-file",
                            file(http, "tls.password-file")
                                .orElseThrow(
                                    () ->
                                        new IllegalArgumentException(
                                            "rebasin.http.tls.password-file: expected the file of"
                                                + " the key store's password, found none"))))),
        DataNames.of(config),
        Limits.of(http));
  }

  private static Optional<Path> file(Config config, String setting) {
    String path = config.getString(setting);
    return path.isBlank() ? Optional.empty() : Optional.of(Path.of(path));
  }

  /** A secret from its file, so that it stands neither in configuration nor in a process list. */
  static String secret(String setting, Path file) {
    try {
      String secret = Files.readString(file, StandardCharsets.UTF_8).strip();
      if (secret.isEmpty()) {
        throw new IllegalArgumentException(
            "%s: expected a secret in %s, found none".formatted(setting, file));
      }
      return secret;
    } catch (NoSuchFileException none) {
      throw new IllegalArgumentException(
          "%s: expected a file that can be read, found none at %s".formatted(setting, file), none);
    } catch (IOException problem) {
      throw new IllegalArgumentException("%s: cannot read %s".formatted(setting, problem), problem);
    }
  }

  private static boolean isLoopback(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException problem) {
      throw new IllegalArgumentException(
          "rebasin.http.host: expected an address or a known name, found " + host, problem);
    }
  }

  /** Secrets stay out of logs. */
  @Override
  public String toString() {
    return "%s:%d, %s, %s"
        .formatted(
            host,
            port,
            token.isPresent() ? "token" : "no token",
            tls.isPresent() ? "TLS" : "plain");
  }
}
