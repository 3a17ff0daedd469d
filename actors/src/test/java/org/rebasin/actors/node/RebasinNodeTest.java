package org.rebasin.actors.node;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.ConfigFactory;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.actors.work.Datasets;

class RebasinNodeTest {
  @TempDir private Path directory;

  @Test
  @Timeout(value = 1, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void whoWaitsForAJobHearsThatItsActorFailed() {
    try (ModelStore store = new ModelStore(directory);
        RebasinNode node = RebasinNode.start(ConfigFactory.load(), store, new Datasets())) {
      // No request at all is one that no job survives.
      TaskFailedException failed =
          assertThrows(TaskFailedException.class, () -> node.run(null, progress -> {}));
      assertTrue(failed.getMessage().contains("the job stopped"), failed.getMessage());
    }
  }
}
