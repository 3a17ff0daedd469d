package org.rebasin.actors.http;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.rebasin.actors.work.QueueLoad;

/** The cluster as this node sees it. */
@FunctionalInterface
public interface ClusterInfo {
  /** All members that this node knows of, itself among them. */
  List<Member> members();

  /** How much there is to do; empty if the work queue does not answer. Never fails. */
  default CompletionStage<Optional<QueueLoad>> load() {
    return CompletableFuture.completedFuture(Optional.empty());
  }

  /**
   * A node of the cluster.
   *
   * @param address such as {@code akka://rebasin@127.0.0.1:25520}
   * @param roles what it does
   * @param status such as {@code up}, in lower case
   * @param reachable whether this node hears from it
   */
  record Member(String address, List<String> roles, String status, boolean reachable) {
    /** Copies the list. */
    public Member {
      roles = List.copyOf(roles);
    }
  }
}
