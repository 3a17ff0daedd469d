package org.rebasin.model.architecture;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.rebasin.model.architecture.GraphToken.Kind;

/**
 * Cuts a graph's text into words, quoted names, signs and ends of lines. Within parentheses a new
 * line is a space; {@code #} begins a comment that ends with its line.
 */
final class GraphScanner {
  private static final Pattern PLAIN = Pattern.compile("[\\p{L}\\p{N}_./:$@+-]+");
  private static final String SIGNS = "=(),";

  private final String source;
  private final String text;
  private final List<GraphToken> tokens = new ArrayList<>();
  private int position;
  private int line = 1;
  private int lineStart;
  private int depth;

  private GraphScanner(String text, String source) {
    this.text = text;
    this.source = source;
  }

  /** The pieces of a text; the last is its end. */
  static List<GraphToken> scan(String text, String source) {
    GraphScanner scanner = new GraphScanner(text, source);
    while (scanner.position < text.length()) {
      scanner.next();
    }
    scanner.add(Kind.END_OF_LINE, "", scanner.position);
    scanner.add(Kind.END_OF_TEXT, "", scanner.position);
    return scanner.tokens;
  }

  /** A name as it must be written: as it is, or in quotes. */
  static String written(String name) {
    // These begin a line, or say that there is no bias.
    boolean reserved = name.equals("input") || name.equals("output") || name.equals("none");
    return PLAIN.matcher(name).matches() && !reserved ? name : quoted(name);
  }

  static String quoted(String name) {
    return '"'
        + name.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n").replace("\r", "\\r")
        + '"';
  }

  private void add(Kind kind, String piece, int start) {
    tokens.add(new GraphToken(kind, piece, line, start - lineStart + 1));
  }

  private void next() {
    char c = text.charAt(position);
    int start = position;
    if (c == '\n') {
      if (depth == 0) {
        add(Kind.END_OF_LINE, "", start);
      }
      position++;
      line++;
      lineStart = position;
    } else if (Character.isWhitespace(c) || c == '\uFEFF') {
      position++;
    } else if (c == '#') {
      int end = text.indexOf('\n', position);
      position = end < 0 ? text.length() : end;
    } else if (c == '"') {
      quotedName();
    } else if (SIGNS.indexOf(c) >= 0) {
      // A parenthesis too many must not join the lines that follow.
      depth = c == '(' ? depth + 1 : c == ')' ? Math.max(0, depth - 1) : depth;
      add(Kind.SIGN, String.valueOf(c), start);
      position++;
    } else {
      var matcher = PLAIN.matcher(text).region(position, text.length());
      if (!matcher.lookingAt()) {
        add(Kind.SIGN, Character.toString(text.codePointAt(position)), start);
        throw tokens
            .get(tokens.size() - 1)
            .unexpected(source, "a name, a number or one of = ( ) , #; quote other names");
      }
      position = matcher.end();
      add(Kind.WORD, text.substring(start, position), start);
    }
  }

  private void quotedName() {
    int start = position;
    StringBuilder name = new StringBuilder();
    for (position++; position < text.length(); position++) {
      char c = text.charAt(position);
      if (c == '"') {
        position++;
        add(Kind.QUOTED, name.toString(), start);
        return;
      }
      if (c == '\n') {
        break;
      }
      if (c == '\\' && position + 1 < text.length()) {
        position++;
        char escaped = text.charAt(position);
        name.append(
            switch (escaped) {
              case 'n' -> '\n';
              case 'r' -> '\r';
              case '"', '\\' -> escaped;
              default ->
                  throw new GraphToken(Kind.SIGN, "\\" + escaped, line, position - lineStart)
                      .unexpected(source, "one of \\\" \\\\ \\n \\r");
            });
      } else {
        name.append(c);
      }
    }
    throw new GraphToken(Kind.SIGN, "\"", line, start - lineStart + 1)
        .problem(source, "expected a closing quote on the same line, found none");
  }
}
