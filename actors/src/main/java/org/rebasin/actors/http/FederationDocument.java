package org.rebasin.actors.http;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.rebasin.actors.federation.FederationSettings;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.Correction;
import org.rebasin.actors.work.DataNames;
import org.rebasin.actors.work.Matching;
import org.rebasin.actors.work.Strategy;
import org.rebasin.model.aggregation.AggregationSettings;
import org.rebasin.model.architecture.Architecture;
import org.rebasin.model.training.Optimizer;
import org.rebasin.model.training.Schedule;
import org.rebasin.model.training.TrainingSettings;

/**
 * What {@code PUT /federations/{name}} takes. The fields are those of {@link FederationSettings},
 * and have defaults but for the gate's data and one of architecture and initial model.
 *
 * @param architecture its text; the initial model's unless given
 * @param initial the first version's id; from the first contributions unless given
 * @param first how those are brought into a common order; {@code merge-many} unless given
 * @param alignment of a contribution to the global model; weight matching unless given
 * @param aggregation the mean weighted by examples unless given
 * @param buffer contributions of a version; 4 unless given
 * @param remembered participants whose newest contributions count again in later versions; 0 unless
 *     given
 * @param patience after which there is a version of fewer; {@code 5m} unless given
 * @param pending how many may wait beside the buffer; 64 unless given
 * @param normBound times the global model's norm; 3 unless given
 * @param correction of candidates; none unless given
 * @param gate what a candidate is held to
 * @param participants within the cluster; none unless given
 * @param seed 0 unless given
 */
record FederationDocument(
    Optional<String> architecture,
    Optional<String> initial,
    Optional<String> first,
    Optional<AlignmentPart> alignment,
    Optional<AggregationPart> aggregation,
    OptionalInt buffer,
    OptionalInt remembered,
    Optional<String> patience,
    OptionalInt pending,
    OptionalDouble normBound,
    Optional<CorrectionPart> correction,
    Optional<GatePart> gate,
    Optional<List<ParticipantPart>> participants,
    OptionalLong seed) {
  private static final int MAX_RESTARTS = 1_000;
  private static final int MAX_EPOCHS = 10_000;
  private static final int MAX_BATCH = 100_000;
  private static final int MAX_EXAMPLES = 10_000_000;
  private static final int MAX_PARTICIPANTS = 1_000;

  /** How contributions are aligned; what a method does not use may not be given. */
  record AlignmentPart(
      Optional<String> method,
      OptionalInt restarts,
      Optional<String> data,
      OptionalInt epochs,
      OptionalInt batchSize,
      OptionalDouble learningRate) {
    static final AlignmentPart DEFAULT =
        new AlignmentPart(
            Optional.empty(),
            OptionalInt.empty(),
            Optional.empty(),
            OptionalInt.empty(),
            OptionalInt.empty(),
            OptionalDouble.empty());
  }

  /** {@link AggregationSettings}. */
  record AggregationPart(
      Optional<String> rule,
      Optional<String> serverOptimizer,
      OptionalDouble serverRate,
      OptionalDouble momentum,
      OptionalDouble stalenessExponent,
      OptionalDouble trimmedFraction) {}

  /** {@link Correction}; measured on the gate's data unless others are given. */
  record CorrectionPart(Optional<String> kind, Optional<String> data, OptionalInt examples) {}

  /** {@link FederationSettings.Gate}; margins of 0.01 and 0.5 unless given. */
  record GatePart(
      Optional<String> data, OptionalDouble margin, OptionalDouble contributionMargin) {}

  /** {@link FederationSettings.Participant}. */
  record ParticipantPart(
      Optional<String> name,
      Optional<String> data,
      OptionalInt epochs,
      OptionalInt batchSize,
      Optional<String> optimizer,
      OptionalDouble learningRate,
      OptionalDouble weightDecay,
      OptionalDouble warmupEpochs,
      Optional<String> decay,
      OptionalLong seed,
      OptionalDouble proximal,
      OptionalInt contributions) {}

  /**
   * The initial model's id.
   *
   * @throws ProblemException if it is none
   */
  Optional<ModelId> initialId() {
    return initial.map(text -> id("initial", text));
  }

  /**
   * A model's id in a document.
   *
   * @throws ProblemException naming the field, if it is none
   */
  static ModelId id(String field, String text) {
    if (!text.matches("[0-9a-f]{64}")) {
      throw new ProblemException(
          Problem.Kind.UNPROCESSABLE,
          "%s: expected a model's id of 64 lower-case hexadecimal digits, found '%s'"
              .formatted(field, text));
    }
    return new ModelId(text);
  }

  /**
   * What the document asks for.
   *
   * @param model what the initial model is, if there is one
   * @throws ProblemException naming the field whose value is not possible
   */
  FederationSettings settings(DataNames names, Optional<ModelInfo> model) {
    try {
      String heldOut =
          names.requireKnown(
              given(
                  "gate.data",
                  gate.flatMap(GatePart::data),
                  "the data that versions are held"
                      + " to, digits or one of the server's data sets"));
      return new FederationSettings(
          architecture(model),
          model.map(ModelInfo::id),
          named("first", first.orElse("merge-many"), Strategy.values()),
          matching(names, heldOut),
          aggregated(),
          buffer.orElse(4),
          remembered.orElse(0),
          patience.map(text -> DurationText.parse("patience", text)).orElse(Duration.ofMinutes(5)),
          pending.orElse(64),
          normBound.orElse(3),
          correction.map(part -> within("correction", () -> correction(part, names, heldOut))),
          new FederationSettings.Gate(
              heldOut,
              gate.orElseThrow().margin().orElse(0.01),
              gate.orElseThrow().contributionMargin().orElse(0.5)),
          trained(names),
          seed.orElse(0));
    } catch (IllegalArgumentException problem) {
      throw new ProblemException(Problem.Kind.UNPROCESSABLE, problem.getMessage());
    }
  }

  private String architecture(Optional<ModelInfo> model) {
    if (architecture.isEmpty()) {
      return model
          .map(ModelInfo::architecture)
          .orElseThrow(
              () ->
                  new IllegalArgumentException(
                      "architecture: expected one, such as mlp:784-512-10, or an initial model,"
                          + " found neither"));
    }
    String own = within("architecture", () -> Architecture.parse(architecture.get()).text());
    model.ifPresent(
        info -> {
          if (!info.architecture().equals(own)) {
            throw new IllegalArgumentException(
                "initial: expected a model of architecture %s, found %s"
                    .formatted(own, info.architecture()));
          }
        });
    return own;
  }

  private Optional<Matching> matching(DataNames names, String heldOut) {
    AlignmentPart part = alignment.orElse(AlignmentPart.DEFAULT);
    return within(
        "alignment",
        () -> {
          String method = part.method().orElse("weight");
          Supplier<String> data = () -> part.data().map(names::requireKnown).orElse(heldOut);
          refuse(method, !method.equals("weight") && part.restarts().isPresent(), "restarts");
          boolean trains = method.equals("straight-through");
          refuse(method, !trains && part.epochs().isPresent(), "epochs");
          refuse(method, !trains && part.batchSize().isPresent(), "batch_size");
          refuse(method, !trains && part.learningRate().isPresent(), "learning_rate");
          boolean looks = trains || method.startsWith("activation");
          refuse(method, !looks && part.data().isPresent(), "data");
          return switch (method) {
            case "none" -> Optional.empty();
            case "weight" ->
                Optional.of(
                    new Matching.Weight(
                        between("restarts", part.restarts().orElse(0), 0, MAX_RESTARTS)));
            case "activation" -> Optional.of(new Matching.Activation(false, data.get()));
            case "activation-pearson" -> Optional.of(new Matching.Activation(true, data.get()));
            case "straight-through" ->
                Optional.of(
                    new Matching.StraightThrough(
                        data.get(),
                        between("epochs", part.epochs().orElse(8), 1, MAX_EPOCHS),
                        between("batch_size", part.batchSize().orElse(1000), 1, MAX_BATCH),
                        part.learningRate().orElse(0.01)));
            default ->
                throw new IllegalArgumentException(
                    "method: expected one of weight, activation, activation-pearson,"
                        + " straight-through, none, found '%s'".formatted(method));
          };
        });
  }

  private static void refuse(String method, boolean given, String field) {
    if (given) {
      throw new IllegalArgumentException(
          "%s: expected none with method %s, found one".formatted(field, method));
    }
  }

  private AggregationSettings aggregated() {
    if (aggregation.isEmpty()) {
      return AggregationSettings.FEDAVG;
    }
    AggregationPart part = aggregation.get();
    AggregationSettings otherwise = AggregationSettings.FEDAVG;
    return within(
        "aggregation",
        () ->
            new AggregationSettings(
                named(
                    "rule",
                    part.rule().orElse(otherwise.rule().text()),
                    AggregationSettings.Rule.values()),
                named(
                    "server_optimizer",
                    part.serverOptimizer().orElse(otherwise.optimizer().text()),
                    AggregationSettings.ServerOptimizer.values()),
                part.serverRate().orElse(otherwise.serverRate()),
                part.momentum().orElse(otherwise.momentum()),
                part.stalenessExponent().orElse(otherwise.stalenessExponent()),
                part.trimmedFraction().orElse(otherwise.trimmedFraction())));
  }

  private static Correction correction(CorrectionPart part, DataNames names, String heldOut) {
    return new Correction(
        named("kind", part.kind().orElse("recalibration"), Correction.Kind.values()),
        part.data().map(names::requireKnown).orElse(heldOut),
        between("examples", part.examples().orElse(5000), 2, MAX_EXAMPLES));
  }

  private List<FederationSettings.Participant> trained(DataNames names) {
    List<ParticipantPart> parts = participants.orElse(List.of());
    between("participants", parts.size(), 0, MAX_PARTICIPANTS);
    List<FederationSettings.Participant> trained = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      ParticipantPart part = parts.get(i);
      trained.add(within("participants[%d]".formatted(i), () -> participant(part, names)));
    }
    return trained;
  }

  private static FederationSettings.Participant participant(ParticipantPart part, DataNames names) {
    if (part == null) {
      throw new IllegalArgumentException("expected a participant, found null");
    }
    return new FederationSettings.Participant(
        given("name", part.name(), "the participant's name"),
        names.requireKnown(given("data", part.data(), "its data set")),
        new TrainingSettings(
            between("epochs", part.epochs().orElse(1), 1, MAX_EPOCHS),
            between("batch_size", part.batchSize().orElse(100), 1, MAX_BATCH),
            named("optimizer", part.optimizer().orElse("adam"), Optimizer.Kind.values()),
            part.learningRate().orElse(0.001),
            part.weightDecay().orElse(0),
            part.warmupEpochs().orElse(0),
            named("decay", part.decay().orElse("constant"), Schedule.Decay.values()),
            part.seed().orElse(0)),
        part.proximal().orElse(0),
        part.contributions().orElse(0));
  }

  private static String given(String field, Optional<String> value, String what) {
    return value.orElseThrow(
        () -> new IllegalArgumentException("%s: expected %s, found none".formatted(field, what)));
  }

  /** Has what is wrong with a part say which part it is. */
  private static <T> T within(String part, Supplier<T> value) {
    try {
      return value.get();
    } catch (IllegalArgumentException problem) {
      throw new IllegalArgumentException(part + ": " + problem.getMessage(), problem);
    }
  }

  private static <E extends Enum<E>> E named(String field, String text, E[] all) {
    return Stream.of(all)
        .filter(one -> text(one).equals(text))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "%s: expected one of %s, found '%s'"
                        .formatted(
                            field,
                            Stream.of(all)
                                .map(FederationDocument::text)
                                .collect(Collectors.joining(", ")),
                            text)));
  }

  private static String text(Enum<?> constant) {
    return HttpJson.lowerCase(constant);
  }

  private static int between(String field, int value, int least, int most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          "%s: expected %d to %d, found %d".formatted(field, least, most, value));
    }
    return value;
  }
}
