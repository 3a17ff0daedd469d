package org.rebasin.actors;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import org.rebasin.model.tensor.ElementWise;
import org.rebasin.model.tensor.Gemm;
import org.rebasin.model.tensor.Matrix;

/** Actors receive, decide and delegate; they do not compute. */
@AnalyzeClasses(packages = "org.rebasin", importOptions = ImportOption.DoNotIncludeTests.class)
class ActorsArchitectureTest {
  @ArchTest
  static final ArchRule packagesFormNoCycle =
      slices().matching("org.rebasin.actors.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule noLinearAlgebraInActors =
      noClasses()
          .that()
          .resideInAPackage("org.rebasin.actors..")
          .should()
          .dependOnClassesThat()
          .belongToAnyOf(Gemm.class, ElementWise.class, Matrix.class)
          .orShould()
          .dependOnClassesThat()
          .resideInAnyPackage("org.nd4j..", "org.bytedeco..");

  @ArchTest
  static final ArchRule theModelKnowsNoActors =
      noClasses()
          .that()
          .resideInAPackage("org.rebasin.model..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.rebasin.actors..", "akka..");
}
