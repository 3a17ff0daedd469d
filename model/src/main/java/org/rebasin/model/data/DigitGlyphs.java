package org.rebasin.model.data;

import static org.rebasin.model.data.Stroke.through;

import java.util.List;

/**
 * How the ten digits are written: for each the ways people write it, each way a list of strokes in
 * a square of side 100.
 */
final class DigitGlyphs {
  private static final List<Stroke> ZERO =
      List.of(through(54, 7, 27, 28, 25, 70, 50, 94, 75, 70, 73, 28, 49, 8));

  private static final List<Stroke> ONE_BAR = List.of(through(54, 5, 51, 50, 48, 95));
  private static final List<Stroke> ONE_WITH_FLAG =
      List.of(through(30, 28, 44, 18, 56, 5).then(55, 50, 53, 95));
  private static final List<Stroke> ONE_WITH_BASE =
      List.of(through(33, 24, 45, 16, 54, 5).then(53, 50, 52, 93), through(28, 94, 76, 93));

  private static final List<Stroke> TWO_WITH_CORNER =
      List.of(through(22, 27, 33, 10, 56, 6, 73, 22, 68, 43, 46, 69, 21, 92).then(52, 90, 80, 92));
  private static final List<Stroke> TWO_WITH_LOOP =
      List.of(
          through(
              24, 25, 42, 7, 66, 12, 72, 34, 56, 60, 32, 86, 20, 88, 25, 76, 44, 80, 64, 92, 84,
              84));

  private static final List<Stroke> THREE_ROUND =
      List.of(
          through(24, 16, 46, 6, 70, 16, 67, 36, 44, 48)
              .then(68, 55, 76, 74, 58, 93, 34, 93, 20, 81));
  private static final List<Stroke> THREE_WITH_FLAT_TOP =
      List.of(through(24, 9, 74, 10).then(46, 44).then(71, 54, 74, 77, 53, 94, 22, 85));

  private static final List<Stroke> FOUR_OPEN =
      List.of(through(31, 8, 27, 34, 20, 58).then(50, 60, 82, 56), through(67, 12, 64, 50, 60, 95));
  private static final List<Stroke> FOUR_CLOSED =
      List.of(through(62, 95, 64, 50, 65, 6).then(42, 36, 16, 65).then(50, 65, 84, 62));

  private static final List<Stroke> FIVE =
      List.of(through(75, 8, 34, 9).then(29, 46).then(52, 38, 73, 52, 74, 76, 53, 94, 22, 86));
  private static final List<Stroke> FIVE_WITH_HAT =
      List.of(
          through(36, 10, 31, 46).then(54, 40, 74, 56, 72, 80, 48, 95, 23, 87),
          through(36, 10, 78, 7));

  private static final List<Stroke> SIX =
      List.of(
          through(67, 7, 43, 22, 26, 52, 27, 79, 46, 94, 67, 86, 72, 67, 56, 53, 37, 59, 27, 74));

  private static final List<Stroke> SEVEN = List.of(through(20, 12, 78, 9).then(58, 46, 42, 95));
  private static final List<Stroke> SEVEN_WITH_BAR =
      List.of(through(20, 14, 48, 10, 80, 9).then(60, 46, 44, 95), through(36, 53, 74, 50));

  private static final List<Stroke> EIGHT =
      List.of(
          through(
              71, 18, 51, 6, 31, 17, 34, 36, 54, 49, 73, 66, 70, 87, 49, 95, 28, 86, 28, 66, 48, 50,
              67, 36, 71, 18));
  private static final List<Stroke> EIGHT_OF_TWO_RINGS =
      List.of(
          through(52, 6, 33, 14, 32, 35, 50, 46, 68, 35, 68, 14, 50, 6),
          through(50, 46, 28, 59, 27, 84, 50, 95, 73, 84, 73, 59, 50, 46));

  private static final List<Stroke> NINE_WITH_STEM =
      List.of(through(72, 21, 51, 6, 29, 18, 27, 40, 46, 51, 65, 41, 73, 20).then(72, 56, 65, 95));
  private static final List<Stroke> NINE_WITH_TAIL =
      List.of(
          through(73, 24, 52, 6, 30, 17, 28, 40, 48, 50, 67, 40, 73, 24)
              .then(74, 60, 60, 91, 32, 89));

  private static final List<List<List<Stroke>>> VARIANTS =
      List.of(
          List.of(ZERO),
          List.of(ONE_BAR, ONE_WITH_FLAG, ONE_WITH_BASE),
          List.of(TWO_WITH_CORNER, TWO_WITH_LOOP),
          List.of(THREE_ROUND, THREE_WITH_FLAT_TOP),
          List.of(FOUR_OPEN, FOUR_CLOSED),
          List.of(FIVE, FIVE_WITH_HAT),
          List.of(SIX),
          List.of(SEVEN, SEVEN_WITH_BAR),
          List.of(EIGHT, EIGHT_OF_TWO_RINGS),
          List.of(NINE_WITH_STEM, NINE_WITH_TAIL));

  private DigitGlyphs() {}

  /** How many digits there are. */
  static int digits() {
    return VARIANTS.size();
  }

  /** The ways of writing a digit, at least one. */
  static List<List<Stroke>> variants(int digit) {
    return VARIANTS.get(digit);
  }
}
