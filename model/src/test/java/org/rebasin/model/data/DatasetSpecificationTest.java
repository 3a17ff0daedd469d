package org.rebasin.model.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DatasetSpecificationTest {
  @Test
  void digitsWithoutOptionsHaveDefaults() {
    assertEquals(DatasetSpecification.Digits.DEFAULT, DatasetSpecification.parse("digits"));
    assertEquals(DatasetSpecification.Digits.DEFAULT, DatasetSpecification.parse("digits:"));
    assertEquals(
        "digits:seed=0,train=12000,test=2000", DatasetSpecification.parse("digits").text());
  }

  @Test
  void digitsTakeTheirOptionsInAnyOrder() {
    assertEquals(
        new DatasetSpecification.Digits(-3, 80, 20),
        DatasetSpecification.parse("digits:test=20,seed=-3,train=80"));
    assertEquals(
        new DatasetSpecification.Digits(0, 12_000, 20),
        DatasetSpecification.parse("digits:test=20"));
  }

  @Test
  void aDirectoryMayContainColons() {
    assertEquals(
        new DatasetSpecification.Idx("fashion-mnist", Path.of("a:b/c")),
        DatasetSpecification.parse("fashion-mnist:a:b/c"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"digits:seed=4,train=8,test=2", "mnist:some/where", "fashion-mnist:/x"})
  void aSpecificationIsReadBackFromItsText(String text) {
    assertEquals(text, DatasetSpecification.parse(text).text());
  }

  @Test
  void anUnknownDataSetIsRefusedWithAListOfTheKnown() {
    assertRefused(
        "svhn:x",
        "data 'svhn:x': expected digits, digits:OPTION=VALUE,… (options seed, train, test), mnist:DIR"
            + " or fashion-mnist:DIR or cifar10:DIR or cifar100:DIR or imagenet:DIR, found 'svhn'");
  }

  @Test
  void anUnknownOptionIsRefusedWithAListOfTheKnown() {
    String expected = "expected OPTION=VALUE with one of the options seed, train, test, found ";
    assertRefused("digits:size=3", "data 'digits:size=3': " + expected + "'size=3'");
    assertRefused("digits:seed", "data 'digits:seed': " + expected + "'seed'");
    assertRefused("digits:seed=1,", "data 'digits:seed=1,': " + expected + "''");
  }

  @Test
  void aValueThatDoesNotFitIsRefused() {
    assertRefused("digits:seed=x", "data 'digits:seed=x': seed: expected an integer, found 'x'");
    assertRefused("digits:train=0", "digits: train: expected 1 to 1000000, found 0");
    assertRefused(
        "digits:test=4294967297", "digits: test: expected 1 to 1000000, found 4294967297");
    assertRefused(
        "digits:seed=1,seed=2", "data 'digits:seed=1,seed=2': expected seed once, found it twice");
  }

  @Test
  void aDataSetOfFilesNeedsADirectory() {
    assertRefused("mnist", "data 'mnist': expected mnist:DIR, found no directory");
    assertRefused("mnist:", "data 'mnist:': expected mnist:DIR, found no directory");
  }

  @Test
  void onlyDataSetsInTheseFilesAreReadFromThem() {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () -> new DatasetSpecification.Idx("cifar10", Path.of("x")));
    assertEquals("IDX files: expected one of mnist, fashion-mnist, found cifar10", e.getMessage());
  }

  @Test
  void generatedDigitsLoadWithTheirProvenance() {
    DatasetSpecification specification = DatasetSpecification.parse("digits:train=30,test=10");
    specification.check();
    Dataset digits = specification.load();
    assertEquals("digits", digits.name());
    assertEquals("digits:seed=0,train=30,test=10", digits.specification());
    assertEquals(new ImageShape(1, 28, 28), digits.shape());
    assertEquals(10, digits.classes());
    assertEquals(30, digits.train().size());
    assertEquals(10, digits.test().size());
  }

  private static void assertRefused(String text, String message) {
    assertEquals(
        message,
        assertThrows(IllegalArgumentException.class, () -> DatasetSpecification.parse(text))
            .getMessage());
  }
}
