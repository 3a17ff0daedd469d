package org.rebasin.actors.report;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringReader;
import java.util.Map;
import java.util.TreeMap;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;
import org.w3c.dom.Element;
import org.w3c.dom.NamedNodeMap;
import org.w3c.dom.Node;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

/**
 * A plot as part of an HTML document: as wide as the page, in the page's own colours of paper and
 * ink, its ids told apart from those of the other plots there.
 */
final class InlineSvg {
  /** The colours that {@link PlotFile} has from its library, and what stands for them here. */
  private static final Map<String, String> COLORS =
      Map.of(
          "rgb(255,255,255)", "none",
          "rgb(0,0,0)", "currentColor",
          "rgb(210,210,210)", "var(--rule)",
          "rgb(130,130,130)", "var(--quiet)");

  private final XMLStreamWriter out;
  private final String prefix;

  private InlineSvg(XMLStreamWriter out, String prefix) {
    this.out = out;
    this.prefix = prefix;
  }

  /**
   * Writes a plot.
   *
   * @param prefix of all its ids
   */
  static void write(Plot plot, String prefix, XMLStreamWriter out) throws XMLStreamException {
    Element root = parse(PlotFile.svg(plot));
    out.writeStartElement("svg");
    out.writeAttribute("viewBox", root.getAttribute("viewBox"));
    out.writeAttribute("role", "img");
    out.writeAttribute("aria-label", HtmlReport.legal(plot.title()));
    new InlineSvg(out, prefix).writeChildren(root);
    out.writeEndElement();
  }

  private static Element parse(byte[] svg) {
    try {
      DocumentBuilder builder = DocumentBuilderFactory.newDefaultInstance().newDocumentBuilder();
      // The document names a type definition elsewhere, which is not wanted.
      builder.setEntityResolver((name, address) -> new InputSource(new StringReader("")));
      return builder.parse(new ByteArrayInputStream(svg)).getDocumentElement();
    } catch (ParserConfigurationException | SAXException | IOException problem) {
      throw new IllegalStateException("expected a well-formed SVG document", problem);
    }
  }

  private void writeChildren(Node parent) throws XMLStreamException {
    for (Node node = parent.getFirstChild(); node != null; node = node.getNextSibling()) {
      if (node instanceof Element element) {
        out.writeStartElement(element.getTagName());
        writeAttributes(element.getAttributes());
        writeChildren(element);
        out.writeEndElement();
      } else if (node.getNodeType() == Node.TEXT_NODE && !node.getNodeValue().isBlank()) {
        out.writeCharacters(node.getNodeValue());
      }
    }
  }

  private void writeAttributes(NamedNodeMap attributes) throws XMLStreamException {
    Map<String, String> sorted = new TreeMap<>();
    for (int i = 0; i < attributes.getLength(); i++) {
      sorted.put(attributes.item(i).getNodeName(), attributes.item(i).getNodeValue());
    }
    for (Map.Entry<String, String> attribute : sorted.entrySet()) {
      out.writeAttribute(attribute.getKey(), value(attribute.getKey(), attribute.getValue()));
    }
  }

  private String value(String name, String given) {
    return switch (name) {
      case "id" -> prefix + given;
      // A hundredth of a unit is far below what is seen, and a third of the size.
      case "d", "transform" -> given.replaceAll("(\\.\\d\\d)\\d+", "$1");
      case "style" -> colored(given);
      default -> given.replace("url(#", "url(#" + prefix);
    };
  }

  private String colored(String style) {
    String colored = style.replace("url(#", "url(#" + prefix);
    for (Map.Entry<String, String> color : COLORS.entrySet()) {
      colored = colored.replace(color.getKey(), color.getValue());
    }
    return colored;
  }
}
