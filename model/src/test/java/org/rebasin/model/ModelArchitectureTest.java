package org.rebasin.model;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The house keeps its walls. */
@AnalyzeClasses(
    packages = "org.rebasin.model",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ModelArchitectureTest {
  @ArchTest
  static final ArchRule modelKnowsNoActorAndNoCommandLine =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("akka..", "scala..", "org.rebasin.actors..", "picocli..");

  @ArchTest
  static final ArchRule packagesFormNoCycle =
      slices().matching("org.rebasin.model.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule onlyTensorsTouchTheNativeLibraries =
      noClasses()
          .that()
          .resideOutsideOfPackage("org.rebasin.model.tensor..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "org.nd4j.linalg..",
              "org.nd4j.nativeblas..",
              "org.nd4j.autodiff..",
              "org.bytedeco..");
}
