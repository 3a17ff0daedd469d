package org.rebasin.actors.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NamedNodeMap;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

/** A report as a strict parser reads it; whatever every report promises is checked on the way. */
public final class ParsedReport {
  private static final Pattern REFERENCE = Pattern.compile("url\\(#([^)]*)\\)");

  private final Document document;

  private ParsedReport(Document document) {
    this.document = document;
  }

  /** Reads a file, which must be well-formed and need nothing beside it. */
  public static ParsedReport of(Path file) throws IOException {
    return of(Files.readString(file));
  }

  /** Reads a text, which must be well-formed and need nothing beside it. */
  public static ParsedReport of(String html) {
    assertTrue(html.startsWith("<!DOCTYPE html>"), () -> html.substring(0, 40));
    try {
      ParsedReport report =
          new ParsedReport(
              DocumentBuilderFactory.newDefaultInstance()
                  .newDocumentBuilder()
                  .parse(new InputSource(new StringReader(html))));
      report.assertSelfContained();
      return report;
    } catch (ParserConfigurationException | SAXException | IOException problem) {
      throw new AssertionError("expected a well-formed document: " + html, problem);
    }
  }

  private void assertSelfContained() {
    Set<String> ids = new HashSet<>();
    List<String> references = new ArrayList<>();
    assertEquals(1, elements("style").size());
    for (Element element : elements("*")) {
      assertFalse(
          List.of("script", "link", "iframe", "object", "embed", "base", "img", "image", "a")
              .contains(element.getTagName()),
          element.getTagName());
      NamedNodeMap attributes = element.getAttributes();
      for (int i = 0; i < attributes.getLength(); i++) {
        String name = attributes.item(i).getNodeName().toLowerCase(Locale.ROOT);
        String value = attributes.item(i).getNodeValue();
        assertFalse(name.startsWith("on") || name.endsWith("href") || name.equals("src"), name);
        Matcher reference = REFERENCE.matcher(value);
        while (reference.find()) {
          references.add(reference.group(1));
        }
        assertFalse(REFERENCE.matcher(value).replaceAll("").contains("url("), value);
        if (name.equals("id")) {
          assertTrue(ids.add(value), () -> "two elements have the id " + value);
        }
      }
    }
    assertTrue(ids.containsAll(references), () -> references + " are not all in " + ids);
    String style = elements("style").get(0).getTextContent();
    assertFalse(style.contains("url(") || style.contains("@import"), style);
    // A browser reads a style as it stands, without replacing entities.
    assertFalse(style.matches("(?s).*[<>&].*"), style);
  }

  /** All elements of a name, in order. */
  public List<Element> elements(String name) {
    var nodes = document.getElementsByTagName(name);
    return IntStream.range(0, nodes.getLength()).mapToObj(i -> (Element) nodes.item(i)).toList();
  }

  /** The texts of all elements of a name, in order. */
  public List<String> texts(String name) {
    return elements(name).stream().map(Element::getTextContent).toList();
  }

  /** All cells of the row that a name begins, in the first table that has one. */
  public List<String> row(String name) {
    return elements("tr").stream()
        .map(
            row -> {
              var cells = row.getChildNodes();
              return IntStream.range(0, cells.getLength())
                  .filter(i -> cells.item(i) instanceof Element)
                  .mapToObj(i -> cells.item(i).getTextContent())
                  .toList();
            })
        .filter(cells -> cells.get(0).equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no row " + name + " in " + texts("tr")));
  }

  /** What is said of a name in the first list of facts that has it. */
  public String fact(String name) {
    int index = texts("dt").indexOf(name);
    assertTrue(index >= 0, () -> name + " is not among " + texts("dt"));
    return texts("dd").get(index);
  }
}
