package org.rebasin.actors.http;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.stream.Collectors;

/** JSON as it crosses the network: read strictly, since a field that is ignored is a wish lost. */
final class HttpJson {
  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .addModule(new Jdk8Module())
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .enable(SerializationFeature.INDENT_OUTPUT)
          .build();

  private HttpJson() {}

  /** The name of a constant in documents. */
  static String lowerCase(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** A document as lines of text. */
  static byte[] bytes(Object document) {
    try {
      return MAPPER.writeValueAsBytes(document);
    } catch (JsonProcessingException problem) {
      throw new IllegalStateException("cannot write as JSON: " + document, problem);
    }
  }

  /** A document in one line. */
  static String line(Object document) {
    try {
      return MAPPER
          .writer()
          .without(SerializationFeature.INDENT_OUTPUT)
          .writeValueAsString(document);
    } catch (JsonProcessingException problem) {
      throw new IllegalStateException("cannot write as JSON: " + document, problem);
    }
  }

  /**
   * Reads a document.
   *
   * @throws ProblemException naming the field and the place, if it is malformed or does not fit
   */
  static <T> T read(byte[] json, Class<T> type) {
    try {
      T value = MAPPER.readValue(json, type);
      if (value == null) {
        throw new ProblemException(Problem.Kind.MALFORMED, "expected a JSON object, found null");
      }
      return value;
    } catch (UnrecognizedPropertyException unknown) {
      throw new ProblemException(
          Problem.Kind.MALFORMED,
          "unknown field '%s'%s; expected some of %s"
              .formatted(
                  path(unknown),
                  place(unknown),
                  unknown.getKnownPropertyIds().stream()
                      .map(String::valueOf)
                      .sorted()
                      .collect(Collectors.joining(", "))));
    } catch (InvalidFormatException unfit) {
      throw new ProblemException(
          Problem.Kind.MALFORMED,
          "%s: expected %s, found '%s'%s"
              .formatted(
                  path(unfit), expected(unfit.getTargetType()), unfit.getValue(), place(unfit)));
    } catch (JsonMappingException unfit) {
      String where = path(unfit);
      throw new ProblemException(
          Problem.Kind.MALFORMED,
          (where.isEmpty() ? "" : where + ": ") + unfit.getOriginalMessage() + place(unfit));
    } catch (JsonProcessingException malformed) {
      throw new ProblemException(
          Problem.Kind.MALFORMED,
          "malformed JSON: " + malformed.getOriginalMessage() + place(malformed));
    } catch (IOException problem) {
      throw new UncheckedIOException(problem);
    }
  }

  private static String expected(Class<?> type) {
    if (type.isEnum()) {
      return "one of "
          + java.util.Arrays.stream(type.getEnumConstants())
              .map(String::valueOf)
              .collect(Collectors.joining(", "));
    }
    return "a value of type " + type.getSimpleName().toLowerCase(Locale.ROOT);
  }

  private static String path(JsonMappingException problem) {
    StringBuilder path = new StringBuilder();
    for (JsonMappingException.Reference step : problem.getPath()) {
      if (step.getFieldName() != null) {
        path.append(path.length() == 0 ? "" : ".").append(step.getFieldName());
      } else if (step.getIndex() >= 0) {
        path.append('[').append(step.getIndex()).append(']');
      }
    }
    return path.toString();
  }

  private static String place(JsonProcessingException problem) {
    JsonLocation location = problem.getLocation();
    return location == null
        ? ""
        : " at line %d, column %d".formatted(location.getLineNr(), location.getColumnNr());
  }
}
