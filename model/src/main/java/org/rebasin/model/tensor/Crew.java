package org.rebasin.model.tensor;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The threads that run pieces: some of its own, and every caller that waits. Its own help wherever
 * pieces are to be begun. A caller helps its own computation alone and what is part of it: so it
 * never waits for a stranger's, and its stack is as deep as computations are nested.
 */
final class Crew {
  private final ReentrantLock lock = new ReentrantLock();

  /** Computations that may have pieces to begin, the oldest first. */
  private final List<Region> inviting = new ArrayList<>();

  /** Those who found nothing to do, the last one last: its caches are the warmest. */
  private final Deque<Member> idle = new ArrayDeque<>();

  /** A crew with so many threads of its own. */
  Crew(int threads) {
    for (int number = 1; number <= threads; number++) {
      Thread thread =
          new Thread(() -> help(new Member(Optional.empty())), "rebasin-parallel-" + number);
      thread.setDaemon(true);
      thread.start();
    }
  }

  /** Someone who helps: until a computation is done, or for ever. */
  private final class Member {
    final Optional<Region> own;
    final Condition called = lock.newCondition();

    Member(Optional<Region> own) {
      this.own = own;
    }

    boolean mayLeave() {
      return own.isPresent() && own.get().isDone();
    }

    boolean helps(Region region) {
      return own.isEmpty() || region.isWithin(own.get());
    }
  }

  /** Calls for so many helpers, of those who have nothing to do. */
  void invite(Region region, int helpers) {
    lock.lock();
    try {
      if (!inviting.contains(region)) {
        inviting.add(region);
      }
      int called = 0;
      for (Iterator<Member> members = idle.descendingIterator();
          called < helpers && members.hasNext(); ) {
        Member member = members.next();
        if (member.helps(region)) {
          members.remove();
          member.called.signal();
          called++;
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** Works on a computation until it is done, and throws its failure. */
  void finish(Region region) {
    region.work(region::isDone);
    help(new Member(Optional.of(region)));
    region.throwFailure();
  }

  private void help(Member member) {
    lock.lock();
    try {
      while (!member.mayLeave()) {
        Optional<Region> region = inviting(member);
        if (region.isPresent()) {
          help(member, region.get());
        } else {
          idle.add(member);
          // Memory in use by a running piece must not be freed by an early return.
          member.called.awaitUninterruptibly();
          idle.remove(member);
        }
      }
      member.own.ifPresent(inviting::remove);
    } finally {
      lock.unlock();
    }
  }

  private Optional<Region> inviting(Member member) {
    inviting.removeIf(Region::isExhausted);
    return inviting.stream().filter(member::helps).findFirst();
  }

  private void help(Member member, Region region) {
    lock.unlock();
    try {
      region.work(member::mayLeave);
    } finally {
      lock.lock();
    }
    if (!region.isExhausted()) {
      invite(region, 1);
    }
    if (region.isDone()) {
      idle.stream()
          .filter(waiting -> waiting.own.equals(Optional.of(region)))
          .forEach(waiting -> waiting.called.signal());
    }
  }
}
