package org.rebasin.actors.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.rebasin.actors.work.Progress;

/**
 * Shows progress on standard error: bars on a terminal, plain lines otherwise. The launcher says
 * which by the system property {@code rebasin.terminal}.
 */
final class Console implements Consumer<Progress>, AutoCloseable {
  private final boolean terminal = Boolean.getBoolean("rebasin.terminal");
  private final Map<String, ProgressBar> bars = new LinkedHashMap<>();
  private long lastLineNanos = System.nanoTime();

  @Override
  public synchronized void accept(Progress progress) {
    if (terminal) {
      ProgressBar bar = bars.computeIfAbsent(progress.label(), Console::bar);
      bar.maxHint(progress.total());
      bar.stepTo(progress.done());
      bar.setExtraMessage(progress.detail());
    } else if (isWorthALine(progress)) {
      lastLineNanos = System.nanoTime();
      System.err.println(
          "%s %d/%d %s"
              .formatted(progress.label(), progress.done(), progress.total(), progress.detail())
              .stripTrailing());
    }
  }

  /** The ends always, and in between not more than one line a second. */
  private boolean isWorthALine(Progress progress) {
    return progress.done() == progress.total()
        || System.nanoTime() - lastLineNanos > 1_000_000_000L;
  }

  private static ProgressBar bar(String label) {
    return new ProgressBarBuilder()
        .setTaskName(label)
        .setStyle(ProgressBarStyle.ASCII)
        .setUpdateIntervalMillis(200)
        .clearDisplayOnFinish()
        .build();
  }

  @Override
  public synchronized void close() {
    bars.values().forEach(ProgressBar::close);
    bars.clear();
  }
}
