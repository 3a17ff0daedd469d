package org.rebasin.actors.telemetry;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The labels of an actor: its kind and, of a worker, its number. There are few of either. */
final class ActorLabels {
  private static final Pattern WORKER = Pattern.compile("[^/]+/user/([a-z]+)-(\\d{1,3})");

  private ActorLabels() {}

  /**
   * The values of {@code actor} and {@code worker}.
   *
   * @param path of an actor that Kamon tracks by itself, with the system's name in front; or empty
   * @param group of actors that it tracks together; or empty
   */
  static List<String> of(String path, String group) {
    if (!group.isEmpty()) {
      return List.of(group, "");
    }
    Matcher worker = WORKER.matcher(path);
    return worker.matches() ? List.of(worker.group(1), worker.group(2)) : List.of("other", "");
  }
}
