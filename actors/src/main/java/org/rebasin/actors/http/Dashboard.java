package org.rebasin.actors.http;

import akka.http.javadsl.model.ContentType;
import akka.http.javadsl.model.ContentTypes;
import akka.http.javadsl.model.HttpCharsets;
import akka.http.javadsl.model.HttpEntities;
import akka.http.javadsl.model.HttpMethods;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.MediaTypes;
import akka.http.javadsl.model.headers.RawHeader;
import akka.util.ByteString;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.rebasin.actors.http.Endpoint.Exchange;

/**
 * The pages for people: a fixed list of files among the resources, each at an address of its own.
 * They hold no secret and are served without the token, which they ask for themselves.
 */
final class Dashboard {
  private static final String DIRECTORY = "/org/rebasin/actors/http/dashboard/";
  private static final ContentType SCRIPT =
      MediaTypes.APPLICATION_JAVASCRIPT.toContentType(HttpCharsets.UTF_8);

  private static final ContentType STYLE = MediaTypes.TEXT_CSS.toContentType(HttpCharsets.UTF_8);
  private static final ContentType SVG = MediaTypes.IMAGE_SVG_XML.toContentType();

  /** Nothing from elsewhere, no script or style within a page, and in nobody's frame. */
  private static final String POLICY =
      "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none';"
          + " frame-ancestors 'none'";

  /** All files, the page itself first. */
  private static final List<String> FILES =
      List.of(
          "index.html",
          "style.css",
          "icon.svg",
          "app.js",
          "api.js",
          "dom.js",
          "format.js",
          "charts.js",
          "parts.js",
          "cluster.js",
          "merges.js",
          "merge.js",
          "start.js",
          "federations.js",
          "actors.js");

  private Dashboard() {}

  /** The page at {@code /}, and beside it what it loads. */
  static List<Endpoint> endpoints(Duration patience) {
    return FILES.stream().map(name -> endpoint(name, patience)).toList();
  }

  private static Endpoint endpoint(String name, Duration patience) {
    File file = File.read(name);
    String path = name.equals(FILES.get(0)) ? "/" : "/dashboard/" + name;
    return new Endpoint(HttpMethods.GET, path, patience, file::answer, true);
  }

  /** A file in memory, named by its content. */
  private record File(ContentType type, ByteString content, String tag) {
    static File read(String name) {
      try (InputStream resource = Dashboard.class.getResourceAsStream(DIRECTORY + name)) {
        if (resource == null) {
          throw new IllegalStateException("expected a resource " + name + ", found none");
        }
        byte[] content = resource.readAllBytes();
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(content);
        return new File(
            type(name),
            ByteString.fromArray(content),
            '"' + HexFormat.of().formatHex(digest, 0, 16) + '"');
      } catch (IOException problem) {
        throw new UncheckedIOException("cannot read resource " + name, problem);
      } catch (NoSuchAlgorithmException problem) {
        throw new IllegalStateException("every Java platform has SHA-256", problem);
      }
    }

    private static ContentType type(String name) {
      return switch (name.substring(name.lastIndexOf('.'))) {
        case ".html" -> ContentTypes.TEXT_HTML_UTF8;
        case ".css" -> STYLE;
        case ".svg" -> SVG;
        case ".js" -> SCRIPT;
        default -> throw new IllegalStateException("no content type is known of " + name);
      };
    }

    CompletionStage<HttpResponse> answer(Exchange exchange) {
      HttpResponse response =
          HttpResponse.create()
              .addHeader(RawHeader.create("ETag", tag))
              // Asked for again each time, so that no page is of two versions.
              .addHeader(RawHeader.create("Cache-Control", "no-cache"))
              .addHeader(RawHeader.create("Content-Security-Policy", POLICY))
              .addHeader(RawHeader.create("Referrer-Policy", "no-referrer"));
      boolean known =
          exchange
              .header("If-None-Match")
              .map(
                  tags ->
                      Arrays.stream(tags.split(","))
                          .map(String::strip)
                          .anyMatch(
                              one -> one.equals("*") || one.replaceFirst("^W/", "").equals(tag)))
              .orElse(false);
      return CompletableFuture.completedFuture(
          known
              ? response.withStatus(304)
              : response.withEntity(HttpEntities.create(type, content)));
    }
  }
}
