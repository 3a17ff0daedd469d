package org.rebasin.actors.cluster;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;

/**
 * A network between nodes of this machine that can be cut: each node has a loopback address of its
 * own, by which it is known to the others and from which it speaks, and is reached through a relay
 * that looks at who speaks to whom. What goes across a cut is swallowed, as by a cable that is out;
 * no end hears of it.
 */
final class CuttableNetwork implements AutoCloseable {
  private final List<Relay> relays;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private volatile OptionalInt alone = OptionalInt.empty();

  CuttableNetwork(int nodes) {
    relays = IntStream.range(0, nodes).mapToObj(Relay::new).toList();
    relays.forEach(Relay::start);
  }

  /** Where each node is known to be. */
  List<NodeProcess.Place> places() {
    return relays.stream()
        .map(
            relay ->
                new NodeProcess.Place(
                    host(relay.node),
                    relay.server.getLocalPort(),
                    List.of(
                        "akka.remote.artery.bind.port=" + relay.port,
                        "akka.remote.artery.advanced.tcp.outbound-client-hostname="
                            + host(relay.node))))
        .toList();
  }

  /** Has a node hear none of the others and be heard by none, from now on. */
  void cutOff(int node) {
    alone = OptionalInt.of(node);
  }

  /** Ends the cut: what was said meanwhile is lost, and connections are made anew. */
  void mend() {
    alone = OptionalInt.empty();
    for (Socket socket : sockets) {
      shut(socket);
    }
  }

  private boolean isCut(int one, int other) {
    OptionalInt cut = alone;
    return cut.isPresent() && (cut.getAsInt() == one) != (cut.getAsInt() == other);
  }

  private static String host(int node) {
    return "127.0.0." + (11 + node);
  }

  private static void shut(Socket socket) {
    try {
      socket.close();
    } catch (IOException problem) {
      throw new UncheckedIOException(problem);
    }
  }

  @Override
  public void close() {
    for (Relay relay : relays) {
      try {
        relay.server.close();
      } catch (IOException problem) {
        throw new UncheckedIOException(problem);
      }
    }
    mend();
  }

  /** Passes on what comes for a node. */
  private final class Relay {
    private final int node;
    private final ServerSocket server;
    private final int port;

    private Relay(int node) {
      this.node = node;
      try {
        InetAddress address = InetAddress.getByName(host(node));
        server = new ServerSocket(0, 50, address);
        try (ServerSocket free = new ServerSocket(0, 1, address)) {
          port = free.getLocalPort();
        }
      } catch (IOException problem) {
        throw new UncheckedIOException(problem);
      }
    }

    private void start() {
      thread(this::accept);
    }

    private void accept() {
      while (!server.isClosed()) {
        try {
          Socket from = server.accept();
          sockets.add(from);
          Socket to = new Socket();
          try {
            to.connect(new InetSocketAddress(host(node), port));
          } catch (IOException nobodyListens) {
            // As if the relay were not there: the connection is refused.
            forget(from);
            continue;
          }
          sockets.add(to);
          int speaker = speaker(from);
          thread(() -> pass(from, to, speaker));
          thread(() -> pass(to, from, speaker));
        } catch (IOException closed) {
          if (!server.isClosed()) {
            throw new UncheckedIOException(closed);
          }
        }
      }
    }

    private int speaker(Socket from) {
      return from.getInetAddress().getAddress()[3] - 11;
    }

    private void pass(Socket from, Socket to, int speaker) {
      byte[] buffer = new byte[1 << 16];
      try (from;
          to) {
        InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream();
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
          if (!isCut(speaker, node)) {
            out.write(buffer, 0, read);
          }
        }
      } catch (IOException ended) {
        // Either end may break off at any time; both are closed then.
      } finally {
        sockets.remove(from);
        sockets.remove(to);
      }
    }

    private void forget(Socket socket) {
      sockets.remove(socket);
      shut(socket);
    }
  }

  private static void thread(Runnable work) {
    Thread thread = new Thread(work, "relay");
    thread.setDaemon(true);
    thread.start();
  }
}
