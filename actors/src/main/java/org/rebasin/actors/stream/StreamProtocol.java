package org.rebasin.actors.stream;

import org.rebasin.actors.wire.WireClasses;
import org.rebasin.actors.wire.WireProtocol;

/** The messages by which models and activations move, numbers 220 to 249. */
public final class StreamProtocol implements WireProtocol {
  /** Called by the list of the whole node. */
  public StreamProtocol() {}

  @Override
  public void list(WireClasses classes) {
    classes
        .add(220, ModelExchange.Has.class)
        .add(221, ModelExchange.Holding.class)
        .add(222, ModelExchange.Open.class)
        .add(223, ModelExchange.Doubt.class)
        .add(224, ModelExchange.Keep.class)
        .add(225, ModelExchange.Kept.class)
        .add(226, ModelExchange.Describe.class)
        .add(227, ModelExchange.Description.class)
        .add(228, Holder.class)
        .add(230, ModelReceiver.Opened.class)
        .add(231, ModelReceiver.Refused.class)
        .add(232, ModelReceiver.Chunk.class)
        .add(240, ChunkSender.Begin.class)
        .add(241, ChunkSender.Credit.class)
        .add(242, ChunkSender.End.class);
    listActivations(classes);
  }

  private static void listActivations(WireClasses classes) {
    classes
        .add(229, ActivationExchange.Seek.class)
        .add(233, ActivationExchange.Held.class)
        .add(234, ActivationExchange.Open.class)
        .add(235, ActivationReceiver.Opened.class)
        .add(236, ActivationReceiver.Refused.class)
        .add(237, ActivationReceiver.BatchBegun.class)
        .add(238, ActivationReceiver.Chunk.class)
        .add(243, ActivationSource.Begin.class)
        .add(244, ActivationSource.Credit.class)
        .add(245, ActivationSource.End.class);
  }
}
