package org.rebasin.actors.federation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.Ingredient;

/** Versions that count those again whom they did not hear. */
class FederationMemoryTest {
  private static final ModelId INITIAL = ScriptedTasks.named("initial");
  private final ScriptedTasks tasks = new ScriptedTasks();

  private Simulation begun(int buffer, int remembered) {
    Simulation simulation =
        new Simulation(
            Simulation.remembering(Simulation.settings(buffer, Optional.of(INITIAL)), remembered),
            tasks);
    simulation.settle();
    return simulation;
  }

  /** Each name is a participant's and a number, such as a1; all begin from the newest version. */
  private static void give(Simulation simulation, String... names) {
    for (String name : names) {
      simulation.give(contribution(simulation, name));
    }
  }

  private static Contribution contribution(Simulation simulation, String name) {
    return Simulation.contribution(
        name.substring(0, 1), simulation.known().lineage().current(), name);
  }

  private static List<String> participants(Version version) {
    return version.ingredients().stream().map(Version.Ingredient::participant).toList();
  }

  private static List<ModelId> models(String... names) {
    return List.of(names).stream().map(ScriptedTasks::named).toList();
  }

  private static List<ModelId> made(Version version) {
    return version.ingredients().stream().map(Version.Ingredient::model).toList();
  }

  @Test
  void whoIsNotHeardCountsAgainAndWhoIsHeardTwiceCountsOnce() {
    Simulation simulation = begun(2, 3);
    give(simulation, "a1", "b1");
    Contribution older = contribution(simulation, "a2");
    give(simulation, "a2", "a3");
    Version third = simulation.versions().get(2);
    assertEquals(models("a3", "b1"), made(third));
    assertEquals(List.of("a", "b"), participants(third));
    // b1 began from version 1, a3 from version 2, which was the current one.
    assertEquals(
        List.of(0, 1), third.ingredients().stream().map(Version.Ingredient::staleness).toList());
    assertEquals(ContributionView.Outcome.SET_ASIDE, simulation.view(older).outcome());
    assertTrue(simulation.view(older).reason().orElseThrow().contains("newer contribution"));
  }

  @Test
  void aVersionIsMadeFromWhatItsRecordSays() {
    Simulation simulation = begun(1, 5);
    give(simulation, "a1", "b1", "c1", "b2");
    for (Version version : simulation.versions()) {
      simulation
          .known()
          .lineage()
          .recipe(version.number())
          .ifPresent(
              recipe ->
                  assertEquals(
                      made(version),
                      recipe.ingredients().stream().map(Ingredient::model).toList()));
    }
    assertEquals(models("b2", "c1", "a1"), made(simulation.versions().get(4)));
    assertEquals("5", simulation.versions().get(4).settings().get("remembered"));
    assertTrue(simulation.known().models(Simulation.BOUNDS).containsAll(models("b2", "c1", "a1")));
  }

  @Test
  void thoseAreForgottenFirstWhoWereHeardLongestAgo() {
    Simulation simulation = begun(1, 1);
    give(simulation, "a1", "b1", "c1");
    assertEquals(models("c1", "b1"), made(simulation.versions().get(3)));
  }

  @Test
  void afterARollbackThatCountsWhichTheVersionWasMadeFrom() {
    Simulation simulation = begun(1, 5);
    give(simulation, "a1", "b1");
    simulation.happen(new FederationJournalEvent.RolledBack(2, simulation.now));
    give(simulation, "c1");
    Version last = simulation.versions().get(3);
    assertEquals(OptionalInt.of(2), last.parent());
    assertEquals(models("c1", "a1"), made(last));
  }

  @Test
  void weightsOfTheirOwnAreRememberedInTheOrderThatTheyWereBroughtInto() {
    Simulation simulation =
        new Simulation(Simulation.remembering(Simulation.settings(2, Optional.empty()), 2), tasks);
    give(simulation, "a1", "b1", "c1", "d1");
    Version second = simulation.versions().get(1);
    assertEquals(models("c1", "d1", "a1", "b1"), made(second));
    assertEquals(
        simulation.versions().get(0).ingredients().stream()
            .map(Version.Ingredient::permutations)
            .toList(),
        second.ingredients().subList(2, 4).stream().map(Version.Ingredient::permutations).toList());
    assertEquals(0, second.ingredients().get(2).staleness());
  }

  @Test
  void whatAVersionIsMadeFromMustBeKeptToBeRemembered() {
    String message =
        assertThrows(IllegalArgumentException.class, () -> new FederationBounds(100, 50, 3, 0))
            .getMessage();
    assertEquals("rebasin.federation.reproducible-versions: expected at least 1, found 0", message);
  }

  @Test
  void withoutMemoryOnlyWhatIsNewCounts() {
    Simulation simulation = begun(2, 0);
    give(simulation, "a1", "b1", "a2", "a3");
    assertEquals(models("a2", "a3"), made(simulation.versions().get(2)));
  }
}
