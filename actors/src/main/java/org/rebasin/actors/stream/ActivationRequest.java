package org.rebasin.actors.stream;

import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.store.Outline;

/**
 * Which activations are wanted: those of two models on the same part of the training images.
 *
 * @param outline of both, whose names and shapes are the same; the reference's normalisation counts
 * @param data the data set's text, which each node looks up by itself
 * @param shard which part, counted from 0
 * @param shards into how many the images are cut
 */
public record ActivationRequest(
    ModelId reference, ModelId model, Outline outline, String data, int shard, int shards) {
  /** Where a part of images begins: the same images are in it on every node. */
  public static int bound(int images, int shard, int shards) {
    return (int) ((long) images * shard / shards);
  }
}
