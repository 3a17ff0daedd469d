package org.rebasin.actors.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import akka.actor.testkit.typed.javadsl.TestProbe;
import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorRefResolver;
import akka.actor.typed.eventstream.EventStream;
import akka.remote.artery.QuarantinedEvent;
import akka.remote.artery.ThisActorSystemQuarantinedEvent;
import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** A node that sends what another does not know, over a connection that both go on to use. */
class UnknownClassTest {
  record Known(int number) implements WireMessage {}

  record Newer(int number) implements WireMessage {}

  /** What both speak. */
  public static final class Old implements WireProtocol {
    @Override
    public void list(WireClasses classes) {
      classes.add(100, Known.class);
    }
  }

  /** What the sender speaks. */
  public static final class New implements WireProtocol {
    @Override
    public void list(WireClasses classes) {
      classes.add(100, Known.class).add(101, Newer.class);
    }
  }

  private final Logger logger = (Logger) LoggerFactory.getLogger(WireSerializer.class);
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private ActorTestKit receiver;
  private ActorTestKit sender;

  private static ActorTestKit kit(Class<? extends WireProtocol> protocol) {
    Config config =
        ConfigFactory.parseString(
                """
                akka.actor.provider = remote
                akka.remote.use-unsafe-remote-features-outside-cluster = on
                akka.remote.warn-about-direct-use = off
                akka.remote.artery.canonical { hostname = "127.0.0.1", port = 0 }
                rebasin.wire.protocol = "%s"
                """
                    .formatted(protocol.getName()))
            .withFallback(ConfigFactory.load());
    return ActorTestKit.create("wire", config);
  }

  @BeforeEach
  void start() {
    receiver = kit(Old.class);
    sender = kit(New.class);
    logger.setLevel(Level.WARN);
    log.start();
    logger.addAppender(log);
  }

  @AfterEach
  void stop() {
    logger.detachAppender(log);
    logger.setLevel(null);
    sender.shutdownTestKit();
    receiver.shutdownTestKit();
  }

  @Test
  void unknownClassIsRefusedAndLoggedOnceAndTheConnectionIsKept() {
    TestProbe<WireMessage> probe = receiver.createTestProbe();
    ActorRef<WireMessage> remote =
        ActorRefResolver.get(sender.system())
            .resolveActorRef(
                ActorRefResolver.get(receiver.system()).toSerializationFormat(probe.ref()));
    TestProbe<Object> broken = receiver.createTestProbe();
    for (ActorTestKit kit : List.of(sender, receiver)) {
      kit.system()
          .eventStream()
          .tell(new EventStream.Subscribe<>(QuarantinedEvent.class, broken.ref().narrow()));
      kit.system()
          .eventStream()
          .tell(
              new EventStream.Subscribe<>(
                  ThisActorSystemQuarantinedEvent.class, broken.ref().narrow()));
    }

    remote.tell(new Known(1));
    probe.expectMessage(Duration.ofSeconds(10), new Known(1));
    for (int i = 0; i < 3; i++) {
      remote.tell(new Newer(i));
    }
    remote.tell(new Known(2));

    probe.expectMessage(Duration.ofSeconds(10), new Known(2));
    broken.expectNoMessage(Duration.ofMillis(100));
    assertEquals(1, log.list.size(), log.list.toString());
    String said = log.list.get(0).getFormattedMessage();
    assertTrue(said.contains("expected the number of a class in the wire protocol"), said);
  }
}
