package org.rebasin.actors.http;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Why a request was not served, as the document that RFC 9457 describes.
 *
 * @param kind what sort of problem it is
 * @param detail what was expected, what was found, and where
 */
public record Problem(Kind kind, String detail) {
  /** The media type of such documents. */
  public static final String MEDIA_TYPE = "application/problem+json";

  /** The sorts of problems, each with its status. */
  public enum Kind {
    /** The request cannot be understood. */
    MALFORMED(400, "The request cannot be understood"),
    /** The bytes that arrived are not those that were declared. */
    DIGEST_MISMATCH(400, "The content is not what its digest says"),
    /** The content ended before its length, or its connection broke. */
    CUT_OFF(400, "The content was cut off"),
    /** There is no token, or it is the wrong one. */
    UNAUTHORIZED(401, "A token is needed"),
    /** The model does not leave its node. */
    PRIVATE_MODEL(403, "The model is private"),
    /** There is no such thing. */
    NOT_FOUND(404, "Not found"),
    /** The thing does not do that. */
    METHOD_NOT_ALLOWED(405, "Method not allowed"),
    /** What is asked for does not go with the state that the thing is in. */
    CONFLICT(409, "Not in this state"),
    /** There is more of it than is accepted. */
    TOO_LARGE(413, "The content is too large"),
    /** The content is of a type that is not understood. */
    UNSUPPORTED_MEDIA_TYPE(415, "Unsupported media type"),
    /** The range lies outside. */
    RANGE_NOT_SATISFIABLE(416, "The range lies outside"),
    /** The request names a host that this server is not. */
    MISDIRECTED(421, "Not this server's name"),
    /** The request is understood and cannot be done. */
    UNPROCESSABLE(422, "The request cannot be carried out"),
    /** The idempotency key was used for another request. */
    KEY_REUSED(422, "The idempotency key is taken"),
    /** As many wait as may. */
    FULL(429, "Too many wait"),
    /** The server is at fault. */
    INTERNAL(500, "The server failed"),
    /** The server cannot do it now. */
    UNAVAILABLE(503, "Unavailable"),
    /** The disk is full. */
    INSUFFICIENT_STORAGE(507, "No room");

    private final int status;
    private final String title;

    Kind(int status, String title) {
      this.status = status;
      this.title = title;
    }

    /** The status code. */
    public int status() {
      return status;
    }

    /** What identifies the sort of problem. */
    public String type() {
      return "urn:rebasin:problem:" + HttpJson.lowerCase(this);
    }
  }

  /**
   * The document.
   *
   * @param instance the path that was asked for
   */
  Map<String, Object> document(String instance) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("type", kind.type());
    document.put("title", kind.title);
    document.put("status", kind.status());
    document.put("detail", detail);
    document.put("instance", instance);
    return document;
  }
}
