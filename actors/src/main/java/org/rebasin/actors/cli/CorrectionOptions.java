package org.rebasin.actors.cli;

import java.util.Optional;
import org.rebasin.actors.work.Correction;
import picocli.CommandLine.Option;

/** What is put right after averaging. */
final class CorrectionOptions {
  @Option(
      names = "--repair",
      description = "Give every unit the mean and deviation of its parents (REPAIR); needs --data.")
  private boolean repair;

  @Option(
      names = "--recalibrate",
      description = "Measure batch normalisations' running statistics again; needs --data.")
  private boolean recalibrate;

  @Option(
      names = "--correction-examples",
      defaultValue = "5000",
      description = "Training images to measure on (default: ${DEFAULT-VALUE}).")
  private int examples;

  Optional<Correction> correction(Optional<String> data) {
    if (!repair && !recalibrate) {
      return Optional.empty();
    }
    if (repair && recalibrate) {
      throw new IllegalArgumentException(
          "expected --repair, which recalibrates too, or --recalibrate, found both");
    }
    String option = repair ? "--repair" : "--recalibrate";
    return Optional.of(
        new Correction(
            repair ? Correction.Kind.REPAIR : Correction.Kind.RECALIBRATION,
            data.orElseThrow(
                () ->
                    new IllegalArgumentException(
                        option + ": expected --data, whose training images it uses")),
            examples));
  }
}
