package org.rebasin.model.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Divides examples into two parts of unlike labels, as in the split-data experiment of Ainsworth,
 * Hayase, Srinivasa, "Git Re-Basin" (ICLR 2023), section 5.5: part A takes a share of each class in
 * the lower half of the labels and the rest of that share of each class in the upper half; part B
 * takes what A leaves. Of one share and seed, both parts together hold every example exactly once.
 *
 * @param lowLabels the share that part A takes of each class below half the number of classes,
 *     rounded to the nearest number of examples; of each other class, part B takes it
 * @param part which of the two
 * @param seed decides which examples of a class the share consists of
 */
record LabelSplit(double lowLabels, Part part, long seed) {
  /** The two parts, as users name them. */
  enum Part {
    A,
    B
  }

  LabelSplit {
    if (!(lowLabels >= 0 && lowLabels <= 1)) {
      throw new IllegalArgumentException(
          "low-labels: expected a share from 0 to 1, found " + lowLabels);
    }
  }

  /** The numbers of this part's examples, ascending; maybe none. */
  int[] of(LabelledImages images) {
    List<int[]> chosen = new ArrayList<>();
    for (int label = 0; label < images.classes(); label++) {
      int[] members = images.shuffled(label, Seeds.mix(seed, "label split"));
      int share = (int) Math.round(members.length * lowLabels);
      // In the upper half the parts exchange their roles.
      boolean takesShare = (part == Part.A) == (2 * label < images.classes());
      chosen.add(
          takesShare
              ? Arrays.copyOf(members, share)
              : Arrays.copyOfRange(members, share, members.length));
    }
    return chosen.stream().flatMapToInt(Arrays::stream).sorted().toArray();
  }
}
