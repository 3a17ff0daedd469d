package org.rebasin.actors.experiment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ParticipantsTest {
  private static final Config SETTINGS =
      ConfigFactory.parseString("fastest = 4, jitter = 0.2, dropout = 0.25, absence = 2");

  @Test
  void timesAreDecidedByTheSeedAlone() {
    Participants one = new Participants(5, SETTINGS, 3);
    Participants same = new Participants(5, SETTINGS, 3);
    Participants other = new Participants(5, SETTINGS, 4);
    for (int participant = 0; participant < 5; participant++) {
      assertEquals(one.attempt(participant, 7, 100), same.attempt(participant, 7, 100));
      assertNotEquals(
          one.attempt(participant, 7, 100).time(), other.attempt(participant, 7, 100).time());
    }
  }

  @Test
  void timesStayWithinSpeedAndJitter() {
    Participants participants = new Participants(20, SETTINGS, 1);
    for (int participant = 0; participant < 20; participant++) {
      for (int attempt = 0; attempt < 20; attempt++) {
        double time = participants.attempt(participant, attempt, 1000).time();
        assertTrue(time >= 1000 / 4.0 * 0.8 && time <= 1000 * 1.2, "time " + time);
      }
    }
  }

  @Test
  void aboutAsManyTrainingsAreLostAsAreToBe() {
    Participants participants = new Participants(1, SETTINGS, 1);
    long lost =
        IntStream.range(0, 4000).filter(each -> participants.attempt(0, each, 10).lost()).count();
    assertEquals(0.25, lost / 4000.0, 0.03);
  }
}
