package org.rebasin.actors.documents;

import java.util.ArrayList;
import java.util.List;

/**
 * Commands as a shell splits them into words: quotes, comments, redirections, pipes and command
 * substitutions, which are commands of their own. Nothing is expanded.
 */
final class ShellWords {
  private static final String ENDS = "\n;|&()";

  private final String text;
  private final List<List<String>> commands = new ArrayList<>();
  private int at;

  private ShellWords(String text) {
    this.text = text;
  }

  /** The words of each command; those that stand within another come before it. */
  static List<List<String>> commands(String text) {
    ShellWords words = new ShellWords(text);
    words.list(false);
    return words.commands;
  }

  private void list(boolean nested) {
    List<String> words = new ArrayList<>();
    while (at < text.length() && !(nested && text.charAt(at) == ')')) {
      char next = text.charAt(at);
      if (ENDS.indexOf(next) >= 0) {
        at++;
        end(words);
        words = new ArrayList<>();
      } else if (Character.isWhitespace(next)) {
        at++;
      } else if (next == '#') {
        int line = text.indexOf('\n', at);
        at = line < 0 ? text.length() : line;
      } else if (next == '<' || next == '>') {
        at++;
        while (at < text.length() && text.charAt(at) == ' ') {
          at++;
        }
        // What it is redirected to is no argument.
        word();
      } else {
        String word = word();
        if (!word.isEmpty()) {
          words.add(word);
        }
      }
    }
    end(words);
  }

  private void end(List<String> words) {
    if (!words.isEmpty()) {
      commands.add(words);
    }
  }

  private String word() {
    StringBuilder word = new StringBuilder();
    while (at < text.length()) {
      char next = text.charAt(at);
      if (Character.isWhitespace(next) || (ENDS + "<>").indexOf(next) >= 0) {
        break;
      }
      at++;
      switch (next) {
        case '\\' -> escaped(word);
        case '\'' -> {
          int end = text.indexOf('\'', at);
          end = end < 0 ? text.length() : end;
          word.append(text, at, end);
          at = Math.min(text.length(), end + 1);
        }
        case '"' -> quoted(word);
        case '$' -> dollar(word);
        default -> word.append(next);
      }
    }
    return word.toString();
  }

  private void escaped(StringBuilder word) {
    if (at < text.length()) {
      char next = text.charAt(at++);
      if (next != '\n') {
        word.append(next);
      }
    }
  }

  private void quoted(StringBuilder word) {
    while (at < text.length()) {
      char next = text.charAt(at++);
      switch (next) {
        case '"' -> {
          return;
        }
        case '\\' -> escaped(word);
        case '$' -> dollar(word);
        default -> word.append(next);
      }
    }
  }

  private void dollar(StringBuilder word) {
    word.append('$');
    if (at < text.length() && text.charAt(at) == '(') {
      at++;
      list(true);
      at = Math.min(text.length(), at + 1);
    }
  }
}
