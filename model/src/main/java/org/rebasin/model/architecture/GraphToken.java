package org.rebasin.model.architecture;

/**
 * One piece of a graph's text.
 *
 * @param kind what it is
 * @param text the word, the name without its quotes, or the sign
 * @param line its line, from 1
 * @param column its first character's place in the line, from 1
 */
record GraphToken(Kind kind, String text, int line, int column) {
  /** What a piece can be. */
  enum Kind {
    WORD,
    QUOTED,
    SIGN,
    END_OF_LINE,
    END_OF_TEXT
  }

  /** Whether it is a word or a quoted name. */
  boolean isName() {
    return kind == Kind.WORD || kind == Kind.QUOTED;
  }

  boolean isSign(String sign) {
    return kind == Kind.SIGN && text.equals(sign);
  }

  boolean isWord(String word) {
    return kind == Kind.WORD && text.equals(word);
  }

  /** The token as a message shows it. */
  String shown() {
    return switch (kind) {
      case WORD, SIGN -> "'" + text + "'";
      case QUOTED -> GraphScanner.quoted(text);
      case END_OF_LINE -> "the end of the line";
      case END_OF_TEXT -> "the end of the text";
    };
  }

  /** What is wrong at this place. */
  IllegalArgumentException problem(String source, String problem) {
    return new IllegalArgumentException("%s:%d:%d: %s".formatted(source, line, column, problem));
  }

  /** What was expected in this token's place. */
  IllegalArgumentException unexpected(String source, String expected) {
    return problem(source, "expected " + expected + ", found " + shown());
  }
}
