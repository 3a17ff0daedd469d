package org.rebasin.actors.federation;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.Correction;
import org.rebasin.actors.work.Matching;
import org.rebasin.actors.work.Strategy;
import org.rebasin.model.aggregation.AggregationSettings;
import org.rebasin.model.training.TrainingSettings;

/**
 * All that a federation is created with; it does not change afterwards.
 *
 * @param architecture the architecture's text; every contribution has it
 * @param initial the first version; empty for one that comes from the first contributions
 * @param first how the first contributions are brought into a common order if there is no initial
 *     model, which they may have trained from unrelated seeds
 * @param alignment how a contribution is aligned to the global model before it counts; empty for
 *     not at all
 * @param aggregation how contributions become a version
 * @param buffer K: how many contributions make a version
 * @param remembered how many participants' newest contributions count again in each version after
 *     the one that they came for, so that no version forgets whom it did not hear (Gu et al. 2021,
 *     MIFA); of a participant's contributions to one version only the newest counts then. 0 for
 *     versions of new contributions alone
 * @param patience after this time a version is made of fewer, if there is any contribution
 * @param pending how many contributions may wait beside the buffer; more are told to come later
 * @param normBound how many times the global model's norm a contribution's may be at most
 * @param correction of a candidate before it is evaluated, as batch normalisation needs it; empty
 *     for none: running statistics are then averaged like weights
 * @param gate what a candidate is held to
 * @param participants who trains within the cluster
 * @param seed of whatever is random
 */
public record FederationSettings(
    String architecture,
    Optional<ModelId> initial,
    Strategy first,
    Optional<Matching> alignment,
    AggregationSettings aggregation,
    int buffer,
    // Absent from what federations wrote before there was memory.
    @JsonInclude(JsonInclude.Include.NON_DEFAULT) int remembered,
    Duration patience,
    int pending,
    double normBound,
    Optional<Correction> correction,
    Gate gate,
    List<Participant> participants,
    long seed) {
  private static final int MOST = 1000;

  /**
   * What a candidate is held to before it is published.
   *
   * @param data the text of the data set whose test images are the federation's held-out data
   * @param margin by how much the accuracy may fall below the current version's, 0 to 1
   * @param contributionMargin by how much it may fall with one contribution alone; each is looked
   *     at so before it becomes part of anything. 1 for looking only when a candidate has failed,
   *     and then by {@code margin}
   */
  public record Gate(String data, double margin, double contributionMargin) {
    /** Checks the margins. */
    public Gate {
      requirePart("gate margin", margin);
      requirePart("gate contribution margin", contributionMargin);
    }

    private static void requirePart(String name, double margin) {
      if (!(margin >= 0 && margin <= 1)) {
        throw new IllegalArgumentException("%s: expected 0 to 1, found %s".formatted(name, margin));
      }
    }
  }

  /**
   * A participant within the cluster: trains from the newest version on data of its own,
   * contributes, and begins again.
   *
   * @param name unlike the others'
   * @param data the text of its data set, whose training images are its own
   * @param training its epochs are those of one contribution; its seed is mixed with the number of
   *     the contribution
   * @param proximal FedProx's μ, the weight of (μ/2)‖w − w_global‖² (Li et al. 2020); 0 for none
   * @param contributions after how many it is done; 0 for never
   */
  public record Participant(
      String name, String data, TrainingSettings training, double proximal, int contributions) {
    /** Checks name and numbers. */
    public Participant {
      Contribution.requireName(name);
      if (!(proximal >= 0 && Double.isFinite(proximal))) {
        throw new IllegalArgumentException("proximal: expected at least 0, found " + proximal);
      }
      if (contributions < 0) {
        throw new IllegalArgumentException(
            "contributions: expected at least 0, found " + contributions);
      }
    }
  }

  /** Checks the numbers and copies the list. */
  public FederationSettings {
    require(buffer >= 1 && buffer <= MOST, "buffer", "1 to " + MOST, buffer);
    require(remembered >= 0 && remembered <= MOST, "remembered", "0 to " + MOST, remembered);
    require(pending >= 1 && pending <= MOST, "pending", "1 to " + MOST, pending);
    require(!patience.isNegative() && !patience.isZero(), "patience", "a time above 0", patience);
    require(normBound > 1 && Double.isFinite(normBound), "norm bound", "above 1", normBound);
    participants = List.copyOf(participants);
    Set<String> names = new HashSet<>();
    for (Participant participant : participants) {
      require(names.add(participant.name()), "participants", "each once", participant.name());
    }
  }

  private static void require(boolean holds, String name, String expected, Object found) {
    if (!holds) {
      throw new IllegalArgumentException(
          "%s: expected %s, found %s".formatted(name, expected, found));
    }
  }
}
