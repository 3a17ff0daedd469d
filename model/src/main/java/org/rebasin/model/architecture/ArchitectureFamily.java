package org.rebasin.model.architecture;

import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Architectures whose texts are read alike.
 *
 * @param usage how such a text is written, for messages
 * @param names whether a name, the text up to its colon, is of this family
 * @param parse makes the architecture from a text's parts
 */
record ArchitectureFamily(
    String usage, Predicate<String> names, Function<ArchitectureOptions, Architecture> parse) {
  /** No name is of two families. */
  static final List<ArchitectureFamily> ALL =
      List.of(
          new ArchitectureFamily(Mlp.USAGE, Mlp.NAME::equals, Mlp::of),
          new ArchitectureFamily(Vgg.USAGE, Vgg::isName, Vgg::of),
          new ArchitectureFamily(ResNet.USAGE, ResNet::isName, ResNet::of),
          new ArchitectureFamily(CifarResNet.USAGE, CifarResNet::isName, CifarResNet::of));

  /** Reads a text of this family. */
  Architecture parse(String text) {
    try {
      ArchitectureOptions options = new ArchitectureOptions(text);
      Architecture architecture = parse.apply(options);
      options.requireAllKnown();
      return architecture;
    } catch (IllegalArgumentException problem) {
      throw new IllegalArgumentException(
          "architecture '%s': expected %s: %s".formatted(text, usage, problem.getMessage()),
          problem);
    }
  }
}
