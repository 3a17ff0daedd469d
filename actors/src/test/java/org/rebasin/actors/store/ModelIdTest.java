package org.rebasin.actors.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class ModelIdTest {
  private static final String DIGITS = "0123456789abcdef".repeat(4);

  @Test
  void abbreviationIsTheFirstTwelveDigits() {
    assertEquals("0123456789ab", new ModelId(DIGITS).abbreviated());
  }

  @Test
  void refusesWhatIsNoSha256AndSaysWhatItFound() {
    String upperCase = DIGITS.toUpperCase(java.util.Locale.ROOT);
    IllegalArgumentException refusal =
        assertThrows(IllegalArgumentException.class, () -> new ModelId(upperCase));
    assertEquals(
        "expected 64 lower-case hexadecimal digits, found '" + upperCase + "'",
        refusal.getMessage());
  }
}
