package org.rebasin.actors.stream;

import java.nio.ByteBuffer;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.rebasin.actors.store.Reception;

/**
 * Memory outside the heap for the chunks that this node sends, used again and again: as much as was
 * ever under way at a time. A chunk that the network still holds when its sender stops may find
 * another's bytes in its buffer; its receiver has given up on it, or finds its checksum wrong.
 * Thread-safe.
 */
final class ChunkBuffers {
  private final Queue<ByteBuffer> idle = new ConcurrentLinkedQueue<>();

  /** A buffer of {@link Reception#CHUNK_BYTES} bytes, of any content. */
  ByteBuffer take() {
    ByteBuffer free = idle.poll();
    return free == null ? ByteBuffer.allocateDirect(Reception.CHUNK_BYTES) : free;
  }

  /** Takes one back. */
  void giveBack(ByteBuffer buffer) {
    idle.add(buffer);
  }
}
