package org.rebasin.actors.experiment;

import com.typesafe.config.Config;
import java.util.ArrayList;
import java.util.List;
import org.rebasin.model.data.Seeds;
import org.rebasin.model.data.StableRandom;

/**
 * When participants are done, in virtual time: each has a speed of its own, some trainings take
 * longer than others, and some are lost because the participant goes away for a while. Decided by
 * the seed alone, never by a clock.
 */
final class Participants {
  private final List<Double> speeds = new ArrayList<>();
  private final double jitter;
  private final double dropout;
  private final double absence;
  private final long seed;

  /**
   * Draws the speeds.
   *
   * @param settings {@code fastest} times the slowest a participant may be; {@code jitter}, by
   *     which part a training's time varies; {@code dropout}, the probability that a training is
   *     lost; {@code absence}, how long the participant is away then, in trainings
   */
  Participants(int count, Config settings, long seed) {
    this.jitter = settings.getDouble("jitter");
    this.dropout = settings.getDouble("dropout");
    this.absence = settings.getDouble("absence");
    this.seed = seed;
    double fastest = settings.getDouble("fastest");
    StableRandom random = new StableRandom(Seeds.mix(seed, "speeds"));
    for (int participant = 0; participant < count; participant++) {
      // Evenly on a scale of ratios, so that slow and fast ones are as many.
      speeds.add(StrictMath.pow(fastest, random.nextDouble()));
    }
  }

  /** How many there are. */
  int count() {
    return speeds.size();
  }

  /**
   * One training.
   *
   * @param time that it takes; the slowest participant passes one image in a unit of time
   * @param lost whether nothing comes of it
   * @param absence for how long the participant is away then
   */
  record Attempt(double time, boolean lost, double absence) {}

  /**
   * A participant's training.
   *
   * @param number of its attempts, from 0
   * @param images that it passes, epochs counted
   */
  Attempt attempt(int participant, int number, long images) {
    StableRandom random =
        new StableRandom(Seeds.mix(Seeds.mix(seed, "attempts"), participant, number));
    double time = images / speeds.get(participant) * random.between(1 - jitter, 1 + jitter);
    return new Attempt(time, random.chance(dropout), absence * time);
  }
}
