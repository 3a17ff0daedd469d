package org.rebasin.actors.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/**
 * A report as one HTML file that needs nothing beside it: no script, nothing from elsewhere. It is
 * well-formed XML too, and every text in it is escaped.
 *
 * @param title what it is about
 * @param lead one sentence under the title
 * @param sections what it says
 */
public record HtmlReport(String title, String lead, List<Section> sections) {
  private static final String STYLE = "report.css";

  /** Copies the list. */
  public HtmlReport {
    sections = List.copyOf(sections);
  }

  /** A titled part of the report. */
  public record Section(String title, List<Part> parts) {
    /** Copies the list. */
    public Section {
      parts = List.copyOf(parts);
    }
  }

  /** What sections are made of. */
  public sealed interface Part {}

  /** A paragraph. */
  public record Text(String text) implements Part {}

  /**
   * A table; columns of numbers alone stand to the right.
   *
   * @param caption empty if the section's title says enough
   * @param rows the first has the columns' names
   */
  public record Table(String caption, List<List<String>> rows) implements Part {
    /** Copies the rows. */
    public Table {
      rows = rows.stream().map(List::copyOf).toList();
    }
  }

  /** A picture. */
  public record Picture(Plot plot) implements Part {}

  /** Names and what is said of each, in the map's order. */
  public record Facts(Map<String, String> facts) implements Part {}

  /** Writes the report, complete or not at all. */
  public void write(Path file) {
    CompleteFile.write(html(), file);
  }

  /** The file's text. */
  public String html() {
    StringWriter text = new StringWriter();
    try {
      XMLStreamWriter out = XMLOutputFactory.newDefaultFactory().createXMLStreamWriter(text);
      new Page(out).write(this);
      out.close();
    } catch (XMLStreamException impossible) {
      throw new IllegalStateException("memory takes what is written to it", impossible);
    }
    return text.toString();
  }

  /** A text with a replacement character for each that no document may hold. */
  static String legal(String text) {
    return text.codePoints()
        .map(
            c ->
                c == '\t' || c == '\n' || c >= ' ' && c < 0x7F || c >= 0xA0 && !isExcluded(c)
                    ? c
                    : 0xFFFD)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  private static boolean isExcluded(int c) {
    return c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE || (c & 0xFFFE) == 0xFFFE;
  }

  /** One document being written. */
  private static final class Page {
    private final XMLStreamWriter out;
    private int plots;

    private Page(XMLStreamWriter out) {
      this.out = out;
    }

    private void write(HtmlReport report) throws XMLStreamException {
      out.writeDTD("<!DOCTYPE html>\n");
      start("html", "lang", "en");
      head(report.title());
      start("body");
      start("header");
      element("h1", report.title());
      element("p", report.lead());
      end();
      start("main");
      for (Section section : report.sections()) {
        start("section");
        element("h2", section.title());
        for (Part part : section.parts()) {
          write(part);
        }
        end();
      }
      end();
      end();
      end();
      out.writeEndDocument();
    }

    private void head(String title) throws XMLStreamException {
      start("head");
      empty("meta", "charset", "utf-8");
      empty("meta", "name", "viewport", "content", "width=device-width, initial-scale=1");
      empty(
          "meta",
          "http-equiv",
          "Content-Security-Policy",
          "content",
          "default-src 'none'; style-src 'unsafe-inline'");
      element("title", title);
      element("style", style());
      end();
    }

    private void write(Part part) throws XMLStreamException {
      // Java 17 has no patterns in switch.
      if (part instanceof Text text) {
        element("p", text.text());
      } else if (part instanceof Table table) {
        table(table);
      } else if (part instanceof Picture picture) {
        plots++;
        start("figure");
        InlineSvg.write(picture.plot(), "plot" + plots + "-", out);
        end();
      } else if (part instanceof Facts facts) {
        start("dl");
        for (Map.Entry<String, String> fact : facts.facts().entrySet()) {
          element("dt", fact.getKey());
          start("dd");
          value(fact.getValue());
          end();
        }
        end();
      }
    }

    private void table(Table table) throws XMLStreamException {
      List<List<String>> body = table.rows().subList(1, table.rows().size());
      List<String> names = table.rows().get(0);
      List<Boolean> numbers =
          IntStream.range(0, names.size()).mapToObj(column -> isNumbers(body, column)).toList();
      start("div", "class", "scroll");
      start("table");
      if (!table.caption().isEmpty()) {
        element("caption", table.caption());
      }
      start("thead");
      row(names, numbers, true);
      end();
      start("tbody");
      for (List<String> cells : body) {
        row(cells, numbers, false);
      }
      end();
      end();
      end();
    }

    private void row(List<String> cells, List<Boolean> numbers, boolean head)
        throws XMLStreamException {
      start("tr");
      for (int column = 0; column < cells.size(); column++) {
        String name = head || column == 0 ? "th" : "td";
        out.writeStartElement(name);
        if (name.equals("th")) {
          out.writeAttribute("scope", head ? "col" : "row");
        }
        if (column > 0 && numbers.get(column)) {
          out.writeAttribute("class", "number");
        }
        value(cells.get(column));
        out.writeEndElement();
      }
      end();
    }

    private static boolean isNumbers(List<List<String>> body, int column) {
      return body.stream()
          .map(row -> row.get(column))
          .filter(cell -> !cell.isEmpty())
          .allMatch(cell -> cell.matches("–|-?[0-9.]+( %)?( of [0-9]+)?"));
    }

    /** Hashes are set apart, as they are for comparing and not for reading. */
    private void value(String text) throws XMLStreamException {
      if (text.matches("[0-9a-f]{64}")) {
        out.writeStartElement("code");
        out.writeCharacters(text);
        out.writeEndElement();
      } else {
        out.writeCharacters(legal(text));
      }
    }

    private void element(String name, String text) throws XMLStreamException {
      start(name);
      out.writeCharacters(legal(text));
      end();
    }

    private void start(String name, String... attributes) throws XMLStreamException {
      out.writeStartElement(name);
      attributes(attributes);
    }

    private void empty(String name, String... attributes) throws XMLStreamException {
      out.writeEmptyElement(name);
      attributes(attributes);
      out.writeCharacters("\n");
    }

    private void attributes(String... attributes) throws XMLStreamException {
      for (int i = 0; i < attributes.length; i += 2) {
        out.writeAttribute(attributes[i], legal(attributes[i + 1]));
      }
    }

    private void end() throws XMLStreamException {
      out.writeEndElement();
      out.writeCharacters("\n");
    }

    private static String style() {
      try (InputStream stream = HtmlReport.class.getResourceAsStream(STYLE)) {
        if (stream == null) {
          throw new IllegalStateException(
              "expected %s beside %s, found none".formatted(STYLE, HtmlReport.class.getName()));
        }
        return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
      } catch (IOException problem) {
        throw new UncheckedIOException("cannot read " + STYLE, problem);
      }
    }
  }
}
