package org.rebasin.model.architecture;

import java.math.BigInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Orders names with the numbers in them compared as numbers: {@code fc2} before {@code fc10}. */
final class NaturalOrder {
  private static final Pattern PIECE = Pattern.compile("\\d+|\\D+");

  private NaturalOrder() {}

  static int compare(String one, String other) {
    Matcher a = PIECE.matcher(one);
    Matcher b = PIECE.matcher(other);
    while (true) {
      boolean hasA = a.find();
      boolean hasB = b.find();
      if (!hasA || !hasB) {
        return Boolean.compare(hasA, hasB);
      }
      int order =
          isNumber(a.group()) && isNumber(b.group())
              ? new BigInteger(a.group()).compareTo(new BigInteger(b.group()))
              : a.group().compareTo(b.group());
      if (order != 0) {
        return order;
      }
    }
  }

  private static boolean isNumber(String piece) {
    return piece.charAt(0) >= '0' && piece.charAt(0) <= '9';
  }
}
