package org.rebasin.actors;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "org.rebasin", importOptions = ImportOption.DoNotIncludeTests.class)
class ActorsArchitectureTest {
  @ArchTest
  static final ArchRule packagesFormNoCycle =
      slices().matching("org.rebasin.actors.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule actorsHoldNoLinearAlgebra =
      noClasses()
          .that()
          .resideInAPackage("org.rebasin.actors..")
          .should()
          .dependOnClassesThat()
          .haveNameMatching("org\\.rebasin\\.model\\.tensor\\.(Gemm|ElementWise|Matrix)(\\$.*)?")
          .orShould()
          .dependOnClassesThat()
          .resideInAnyPackage("org.nd4j..", "org.bytedeco..");

  @ArchTest
  static final ArchRule modelKnowsNoActors =
      noClasses()
          .that()
          .resideInAPackage("org.rebasin.model..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.rebasin.actors..", "akka..");
}
