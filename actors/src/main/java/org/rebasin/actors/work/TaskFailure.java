package org.rebasin.actors.work;

import java.util.List;
import java.util.concurrent.CompletionException;
import org.rebasin.model.data.DatasetException;

/**
 * Why a task was given up.
 *
 * @param badInput whether what it was given is at fault, so that no other attempt can succeed
 * @param message the last attempt's cause
 * @param history the cause of each attempt, in order
 */
public record TaskFailure(boolean badInput, String message, List<String> history) {
  /** Copies the list. */
  public TaskFailure {
    history = List.copyOf(history);
  }

  /** The failure of work that was tried once. */
  public static TaskFailure of(Throwable cause) {
    return new TaskFailure(isBadInput(cause), describe(cause), List.of(describe(cause)));
  }

  static boolean isBadInput(Throwable cause) {
    return cause instanceof IllegalArgumentException || cause instanceof DatasetException;
  }

  /** The cause itself, out of the wrapper that futures put around it. */
  public static Throwable unwrap(Throwable thrown) {
    return thrown instanceof CompletionException && thrown.getCause() != null
        ? unwrap(thrown.getCause())
        : thrown;
  }

  static String describe(Throwable cause) {
    String message = cause.getMessage();
    return message == null || message.isBlank()
        ? cause.getClass().getSimpleName()
        : cause instanceof RuntimeException
            ? message
            : cause.getClass().getSimpleName() + ": " + message;
  }
}
