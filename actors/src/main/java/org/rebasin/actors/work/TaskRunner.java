package org.rebasin.actors.work;

import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** Does the tasks of one role, one at a time. */
@FunctionalInterface
public interface TaskRunner {
  /**
   * Starts a task.
   *
   * @param progress may be called from any thread, any number of times before the end
   * @return completes with the result, or with the cause of the failure
   */
  CompletionStage<TaskResult> run(Task task, Consumer<Progress> progress);
}
