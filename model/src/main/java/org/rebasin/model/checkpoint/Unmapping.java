package org.rebasin.model.checkpoint;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;

/**
 * Unmaps memory-mapped buffers at once. Without it they stay mapped until the garbage collector
 * finds them, which with a small heap is never, and large models would count several times.
 */
final class Unmapping {
  private static final MethodHandle INVOKE_CLEANER = invokeCleaner();

  private Unmapping() {}

  /**
   * The JDK's only way to unmap before version 22; its class draws a warning if named in source.
   */
  private static MethodHandle invokeCleaner() {
    try {
      Class<?> unsafe = Class.forName("sun.misc.Unsafe");
      Field instance = unsafe.getDeclaredField("theUnsafe");
      instance.setAccessible(true);
      return MethodHandles.lookup()
          .findVirtual(unsafe, "invokeCleaner", MethodType.methodType(void.class, ByteBuffer.class))
          .bindTo(instance.get(null));
    } catch (ReflectiveOperationException problem) {
      throw new ExceptionInInitializerError(problem);
    }
  }

  /**
   * Unmaps a buffer that {@code FileChannel.map} returned; neither it nor a view may be used then.
   */
  static void unmap(ByteBuffer mapped) {
    try {
      INVOKE_CLEANER.invoke(mapped);
    } catch (RuntimeException | Error thrown) {
      throw thrown;
    } catch (Throwable impossible) {
      throw new IllegalStateException("invokeCleaner throws no checked exception", impossible);
    }
  }
}
