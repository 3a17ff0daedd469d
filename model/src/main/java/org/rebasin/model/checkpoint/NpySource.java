package org.rebasin.model.checkpoint;

import java.nio.ByteBuffer;

/** Bytes in NumPy's format: a file of their own, or an entry of an archive. */
interface NpySource {
  /** How many bytes there are. */
  long size();

  /** Fills what remains of {@code target} with the bytes from {@code position} on. */
  void read(long position, ByteBuffer target);

  /** A refusal that names the source. */
  CheckpointException refused(String problem);
}
