package org.rebasin.model.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SelectionTest {
  private static final String DIGITS = "digits:seed=0,train=200,test=50";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "mnist:x#train=5000 | mnist:x#train=5000,subset-seed=0",
        "mnist:x#subset-seed=-3,test=7,train-fraction=0.5 | mnist:x#train-fraction=0.5,test=7,subset-seed=-3",
        "mnist:x#split=b | mnist:x#low-labels=0.5,split=b,split-seed=0",
        "cifar100:x,y#split=a,low-labels=0.2 | cifar100:x,y#low-labels=0.2,split=a,split-seed=0",
        "cifar10:x#shard=2/8 | cifar10:x#shard=2/8,shard-seed=0",
        "cifar10:x#shard-seed=4,dirichlet=0.5,shard=2/8,train=3 | cifar10:x#shard=2/8,dirichlet=0.5,shard-seed=4,train=3,subset-seed=0",
        "digits#test=7 | digits:seed=0,train=12000,test=2000#test=7,subset-seed=0",
        "mnist:x# | mnist:x",
        "mnist:a#b# | mnist:a#b#",
        "mnist:a#b#train=1 | mnist:a#b#train=1,subset-seed=0",
        "mnist:a##train=1 | mnist:a##train=1,subset-seed=0",
      })
  void aSelectionIsWrittenInFullAndReadBack(String text, String full) {
    DatasetSpecification specification = DatasetSpecification.parse(text);
    assertEquals(full, specification.text());
    assertEquals(specification, DatasetSpecification.parse(full));
  }

  @Test
  void aDirectoryMayContainTheMarkIfOneFollowsIt() {
    assertEquals(
        new DatasetSpecification.Idx("mnist", Path.of("a#b")),
        DatasetSpecification.parse("mnist:a#b#"));
    assertEquals(
        new DatasetSpecification.Idx("mnist", Path.of("a#")),
        DatasetSpecification.parse("mnist:a##train=1").source());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "size=3 | expected OPTION=VALUE with one of the options low-labels, split, split-seed, shard, dirichlet, shard-seed, train, train-fraction, test, subset-seed, found 'size=3'",
        "train=0 | train: expected 1 or more, found '0'",
        "train=x | train: expected an integer, found 'x'",
        "train=1,train=2 | expected train once, found it twice",
        "train=1,train-fraction=0.5 | expected train or train-fraction, found both",
        "train-fraction=0 | train-fraction: expected a share above 0 and at most 1, found '0'",
        "train-fraction=NaN | train-fraction: expected a share above 0 and at most 1, found 'NaN'",
        "subset-seed=1 | subset-seed: expected train, train-fraction or test with it, found none",
        "low-labels=0.2 | low-labels: expected split with it, found none",
        "split-seed=2 | split-seed: expected split with it, found none",
        "split=c | split: expected a or b, found 'c'",
        "split=a,low-labels=1.5 | low-labels: expected a share from 0 to 1, found 1.5",
        "dirichlet=1 | dirichlet: expected shard with it, found none",
        "shard=1 | shard: expected K/N, found '1'",
        "shard=1/x | shard: expected K/N, found '1/x'",
        "shard=0/4 | shard: expected K/N with K from 1 to N and N from 1 to 1000000, found 0/4",
        "shard=5/4 | shard: expected K/N with K from 1 to N and N from 1 to 1000000, found 5/4",
        "shard=1/4,dirichlet=0 | dirichlet: expected a concentration above 0, found 0.0",
      })
  void anOptionThatDoesNotFitIsRefused(String options, String message) {
    String text = "mnist:x#" + options;
    assertEquals(
        "data '%s': %s".formatted(text, message),
        assertThrows(IllegalArgumentException.class, () -> DatasetSpecification.parse(text))
            .getMessage());
  }

  @Test
  void aSubsetHoldsSoManyExamplesOfEachPart() {
    Dataset whole = DatasetSpecification.parse(DIGITS).load();
    Dataset some = DatasetSpecification.parse(DIGITS + "#train=20,test=5").load();
    assertEquals("digits", some.name());
    assertEquals(DIGITS + "#train=20,test=5,subset-seed=0", some.specification());
    assertEquals(20, some.train().size());
    assertEquals(5, some.test().size());
    int[] expected = RandomSubset.ofCount(200, 20, 0);
    for (int i = 0; i < 20; i++) {
      assertArrayEquals(whole.train().pixels(expected[i]), some.train().pixels(i));
    }
  }

  @Test
  void randomHalvesOfTwoSeedsDiffer() {
    Dataset one = DatasetSpecification.parse(DIGITS + "#train-fraction=0.5,subset-seed=1").load();
    Dataset two = DatasetSpecification.parse(DIGITS + "#train-fraction=0.5,subset-seed=2").load();
    assertEquals(100, one.train().size());
    assertEquals(100, two.train().size());
    assertEquals(50, one.test().size());
    assertNotEquals(keys(one.train()), keys(two.train()));
  }

  @Test
  void aSelectionOfALoadedDataSetIsTheOneThatIsLoaded() {
    DatasetSpecification specification =
        DatasetSpecification.parse(DIGITS + "#split=a,low-labels=0.2");
    Dataset loaded = specification.load();
    Dataset selected = specification.select(specification.source().load());
    assertEquals(loaded.specification(), selected.specification());
    assertEquals(keys(loaded.train()), keys(selected.train()));
  }

  @Test
  void aSmallConcentrationGivesEachClassToFewShards() {
    Dataset whole = DatasetSpecification.parse(DIGITS).load();
    int few = shardsHoldingAnyClass(whole, 0.01);
    int many = shardsHoldingAnyClass(whole, 100);
    assertTrue(few < 20, "found " + few);
    assertEquals(40, many);
  }

  /** The number of pairs of one of ten classes and one of four shards that holds some of it. */
  private static int shardsHoldingAnyClass(Dataset whole, double alpha) {
    int pairs = 0;
    for (int shard = 1; shard <= 4; shard++) {
      int[] numbers =
          Selection.parse("x", "shard=%d/4,dirichlet=%s".formatted(shard, alpha))
              .shard()
              .orElseThrow()
              .of(whole.train());
      pairs += (int) Arrays.stream(numbers).map(whole.train()::label).distinct().count();
    }
    return pairs;
  }

  @Test
  void moreExamplesThanThereAreAreRefused() {
    assertLoadRefused("train=201", "train: expected at most the 200 examples there are, found 201");
    assertLoadRefused("test=51", "test: expected at most the 50 examples there are, found 51");
    DatasetException e =
        assertThrows(
            DatasetException.class,
            () -> DatasetSpecification.parse(DIGITS + "#shard=150/1000").load());
    assertEquals(
        "data '"
            + DIGITS
            + "#shard=150/1000,shard-seed=0': shard: expected at least one example in this part, found none",
        e.getMessage());
  }

  private static void assertLoadRefused(String options, String message) {
    DatasetSpecification specification = DatasetSpecification.parse(DIGITS + "#" + options);
    assertEquals(
        "data '%s': %s".formatted(specification.text(), message),
        assertThrows(DatasetException.class, specification::load).getMessage());
  }

  private static List<Integer> keys(LabelledImages images) {
    return IntStream.range(0, images.size())
        .mapToObj(i -> Arrays.hashCode(images.pixels(i)))
        .toList();
  }
}
