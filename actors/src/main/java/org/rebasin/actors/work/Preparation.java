package org.rebasin.actors.work;

import java.util.Map;
import org.rebasin.model.checkpoint.ModelFile;
import org.rebasin.model.data.Augmentation;
import org.rebasin.model.data.Normalization;

/**
 * What is done to images before a network sees them.
 *
 * @param normalization text of the {@link Normalization} that a network is trained with, recorded
 *     with it, and evaluated with
 * @param augmentation text of the {@link Augmentation} of training images
 */
public record Preparation(String normalization, String augmentation) {
  /** Images as they are. */
  public static final Preparation NONE =
      new Preparation(Normalization.NONE.text(), Augmentation.NONE.text());

  /** Checks both and keeps their canonical texts. */
  public Preparation {
    normalization = Normalization.parse(normalization).text();
    augmentation = Augmentation.parse(augmentation).text();
  }

  /** The normalisation that a model was trained with, as its file tells. */
  public static Normalization normalizationOf(ModelFile file) {
    Map<String, String> metadata = file.metadata();
    return Normalization.parse(metadata.getOrDefault(Normalization.KEY, Normalization.NONE.text()));
  }
}
