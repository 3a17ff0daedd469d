package org.rebasin.actors.stream;

import org.rebasin.actors.wire.WireClasses;
import org.rebasin.actors.wire.WireProtocol;

/** The messages by which models move, numbers 220 to 249. */
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
        .add(230, ModelReceiver.Opened.class)
        .add(231, ModelReceiver.Refused.class)
        .add(232, ModelReceiver.Chunk.class)
        .add(240, ChunkSender.Begin.class)
        .add(241, ChunkSender.Credit.class)
        .add(242, ChunkSender.End.class);
  }
}
