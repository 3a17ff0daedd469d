package org.rebasin.actors.telemetry;

import akka.stream.Attributes;
import akka.stream.FlowShape;
import akka.stream.Inlet;
import akka.stream.Outlet;
import akka.stream.stage.AbstractInHandler;
import akka.stream.stage.AbstractOutHandler;
import akka.stream.stage.GraphStage;
import akka.stream.stage.GraphStageLogic;
import java.util.function.ToLongFunction;

/**
 * Hands elements on as they are. Between a pull and the push that answers it the stages before it
 * produce; between that push and the next pull those behind it hold it back.
 */
final class StreamMeter<T> extends GraphStage<FlowShape<T, T>> {
  private final Inlet<T> in = Inlet.create("StreamMeter.in");
  private final Outlet<T> out = Outlet.create("StreamMeter.out");
  private final StreamMetrics metrics;
  private final ToLongFunction<T> bytes;

  StreamMeter(StreamMetrics metrics, ToLongFunction<T> bytes) {
    this.metrics = metrics;
    this.bytes = bytes;
  }

  @Override
  public FlowShape<T, T> shape() {
    return FlowShape.of(in, out);
  }

  @Override
  public GraphStageLogic createLogic(Attributes attributes) {
    return new Logic();
  }

  private final class Logic extends GraphStageLogic {
    private long pulled;
    private long pushed;

    Logic() {
      super(shape());
      setHandler(
          in,
          new AbstractInHandler() {
            @Override
            public void onPush() {
              T element = grab(in);
              pushed = System.nanoTime();
              metrics.produced(bytes.applyAsLong(element), pushed - pulled);
              push(out, element);
            }
          });
      setHandler(
          out,
          new AbstractOutHandler() {
            @Override
            public void onPull() {
              pulled = System.nanoTime();
              if (pushed != 0) {
                metrics.heldBack(pulled - pushed);
              }
              pull(in);
            }
          });
    }
  }
}
