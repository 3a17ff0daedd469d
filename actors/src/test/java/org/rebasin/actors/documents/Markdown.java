package org.rebasin.actors.documents;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * What is checked of a document, in the forms that the repository's documents have: fenced blocks,
 * code spans, inline links, headings with a {@code #}, and tables.
 *
 * @param text all of it
 * @param prose the lines outside of blocks, paragraphs in one piece
 */
record Markdown(Path file, String text, List<Block> blocks, List<String> prose) {
  private static final Pattern FENCE = Pattern.compile("\\s*```(\\S*)\\s*");
  private static final Pattern CODE = Pattern.compile("(?<!`)`([^`]+)`(?!`)");
  private static final Pattern LINK = Pattern.compile("!?\\[[^\\]]*]\\(([^)\\s]+)\\)");
  private static final Pattern HEADING = Pattern.compile("#{1,6}\\s+(.+?)\\s*");
  private static final Pattern CELL_END = Pattern.compile("(?<!\\\\)\\|");

  /**
   * A fenced block.
   *
   * @param language may be empty
   */
  record Block(String language, String text) {}

  /**
   * A row of a table.
   *
   * @param header the first row's cells
   */
  record Row(List<String> header, List<String> cells) {}

  static Markdown read(Path file) {
    String text;
    try {
      text = Files.readString(file);
    } catch (IOException problem) {
      throw new UncheckedIOException(problem);
    }
    List<Block> blocks = new ArrayList<>();
    List<String> prose = new ArrayList<>();
    StringBuilder block = new StringBuilder();
    String language = "";
    boolean inBlock = false;
    boolean continues = false;
    for (String line : text.split("\n")) {
      var fence = FENCE.matcher(line);
      if (fence.matches()) {
        if (inBlock) {
          blocks.add(new Block(language, block.toString()));
        }
        block.setLength(0);
        language = fence.group(1);
        inBlock = !inBlock;
        continues = false;
      } else if (inBlock) {
        block.append(line).append('\n');
      } else {
        boolean alone = line.isBlank() || line.startsWith("#") || line.startsWith("|");
        if (continues && !alone) {
          prose.set(prose.size() - 1, prose.get(prose.size() - 1) + "\n" + line);
        } else {
          prose.add(line);
        }
        continues = !alone;
      }
    }
    if (inBlock) {
      throw new AssertionError(file + ": the last block has no end");
    }
    return new Markdown(file, text, List.copyOf(blocks), List.copyOf(prose));
  }

  /** The code spans of the whole document, in order. */
  List<String> codeSpans() {
    return prose.stream().flatMap(part -> codeSpans(part).stream()).toList();
  }

  /** The code spans of a part of it; a vertical bar of a table is a vertical bar. */
  static List<String> codeSpans(String part) {
    return CODE.matcher(part)
        .results()
        .map(span -> span.group(1).replace("\\|", "|").replaceAll("\\s+", " "))
        .toList();
  }

  /** Where links and images lead to. */
  List<String> links() {
    return prose.stream()
        .map(part -> CODE.matcher(part).replaceAll("code"))
        .flatMap(part -> LINK.matcher(part).results().map(link -> link.group(1)))
        .toList();
  }

  /** The names under which headings are reached, as GitHub makes them. */
  Set<String> anchors() {
    Set<String> anchors = new HashSet<>();
    Map<String, Integer> used = new HashMap<>();
    for (String part : prose) {
      var heading = HEADING.matcher(part);
      if (heading.matches()) {
        String name =
            heading
                .group(1)
                .toLowerCase(Locale.ROOT)
                .replaceAll("[^\\p{L}\\p{N} _-]", "")
                .replace(' ', '-');
        int before = used.merge(name, 1, Integer::sum) - 1;
        anchors.add(before == 0 ? name : name + "-" + before);
      }
    }
    return anchors;
  }

  /** The rows of all tables, but for their first. */
  List<Row> rows() {
    List<Row> rows = new ArrayList<>();
    List<String> header = List.of();
    for (String part : prose) {
      if (!part.startsWith("|")) {
        header = List.of();
      } else if (header.isEmpty()) {
        header = cells(part);
      } else if (!part.matches("[|\\s:-]+")) {
        rows.add(new Row(header, cells(part)));
      }
    }
    return rows;
  }

  private static List<String> cells(String row) {
    return Arrays.stream(CELL_END.split(row.strip().substring(1))).map(String::strip).toList();
  }

  /** The blocks that may hold a shell's commands. */
  List<Block> shellBlocks() {
    return blocks.stream()
        .filter(block -> Set.of("", "sh", "bash").contains(block.language()))
        .toList();
  }

  /** The commands of blocks in a shell's language and of code spans that begin with a program. */
  List<List<String>> commands(String program) {
    List<List<String>> commands = new ArrayList<>();
    shellBlocks().forEach(block -> commands.addAll(ShellWords.commands(block.text())));
    for (String span : codeSpans()) {
      if (span.startsWith(program + " ")) {
        commands.addAll(ShellWords.commands(span));
      }
    }
    return commands;
  }

  /** All that a pattern's first group matches. */
  List<String> matches(Pattern pattern) {
    return pattern.matcher(text).results().map((MatchResult found) -> found.group(1)).toList();
  }
}
