package org.rebasin.actors.federation;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonSubTypes.Type;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.deser.std.FromStringDeserializer;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import java.io.IOException;

/**
 * How federations are written into the journal, beside what {@link org.rebasin.actors.job.JobJson}
 * says of models, tasks' results and permutations; the same rules hold: names are for ever, and
 * what is added later must be {@code Optional} or have its absence mean something.
 */
public final class FederationJson extends SimpleModule {
  private static final long serialVersionUID = 1L;
  private static final String KIND = "kind";

  /** What the configuration names. */
  public FederationJson() {
    super("rebasin-federations");
    setMixInAnnotation(FederationJournalEvent.class, JournalEventNames.class);
    setMixInAnnotation(FederationState.class, StateNames.class);
    setMixInAnnotation(FederationEvent.What.class, EventNames.class);
    addSerializer(FederationName.class, ToStringSerializer.instance);
    addDeserializer(FederationName.class, new NameReader());
    addSerializer(ContributionIds.class, new IdsWriter());
    addDeserializer(ContributionIds.class, new IdsReader());
  }

  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = KIND)
  @JsonSubTypes({
    @Type(value = FederationJournalEvent.Created.class, name = "created"),
    @Type(value = FederationJournalEvent.InitialScreened.class, name = "initial-screened"),
    @Type(value = FederationJournalEvent.InitialRefused.class, name = "initial-refused"),
    @Type(value = FederationJournalEvent.Accepted.class, name = "accepted"),
    @Type(value = FederationJournalEvent.Screened.class, name = "screened"),
    @Type(value = FederationJournalEvent.Collected.class, name = "collected"),
    @Type(value = FederationJournalEvent.Aligned.class, name = "aligned"),
    @Type(value = FederationJournalEvent.Quarantined.class, name = "quarantined"),
    @Type(value = FederationJournalEvent.SetAside.class, name = "set-aside"),
    @Type(value = FederationJournalEvent.CandidateBegun.class, name = "candidate-begun"),
    @Type(value = FederationJournalEvent.CandidateOrdered.class, name = "candidate-ordered"),
    @Type(value = FederationJournalEvent.CandidateAggregated.class, name = "candidate-aggregated"),
    @Type(value = FederationJournalEvent.CandidateCorrected.class, name = "candidate-corrected"),
    @Type(value = FederationJournalEvent.CandidateEvaluated.class, name = "candidate-evaluated"),
    @Type(value = FederationJournalEvent.CandidateRefused.class, name = "candidate-refused"),
    @Type(value = FederationJournalEvent.AloneAggregated.class, name = "alone-aggregated"),
    @Type(value = FederationJournalEvent.AloneEvaluated.class, name = "alone-evaluated"),
    @Type(value = FederationJournalEvent.Published.class, name = "published"),
    @Type(value = FederationJournalEvent.RolledBack.class, name = "rolled-back"),
    @Type(value = FederationJournalEvent.StatusChanged.class, name = "status-changed"),
    @Type(value = FederationJournalEvent.ExamplesCounted.class, name = "examples-counted"),
    @Type(value = FederationJournalEvent.TrainingBegun.class, name = "training-begun"),
    @Type(value = FederationJournalEvent.Trained.class, name = "trained"),
    @Type(value = FederationJournalEvent.ParticipantFailed.class, name = "participant-failed")
  })
  private interface JournalEventNames {}

  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = KIND)
  @JsonSubTypes({
    @Type(value = FederationState.Absent.class, name = "absent"),
    @Type(value = FederationState.Known.class, name = "federation")
  })
  private interface StateNames {}

  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = KIND)
  @JsonSubTypes({
    @Type(value = FederationEvent.Created.class, name = "created"),
    @Type(value = FederationEvent.ContributionMoved.class, name = "contribution-moved"),
    @Type(value = FederationEvent.Published.class, name = "published"),
    @Type(value = FederationEvent.CandidateRefused.class, name = "candidate-refused"),
    @Type(value = FederationEvent.RolledBack.class, name = "rolled-back"),
    @Type(value = FederationEvent.StatusChanged.class, name = "status-changed")
  })
  private interface EventNames {}

  private static final class NameReader extends FromStringDeserializer<FederationName> {
    private static final long serialVersionUID = 1L;

    NameReader() {
      super(FederationName.class);
    }

    @Override
    protected FederationName _deserialize(String text, DeserializationContext context) {
      return new FederationName(text);
    }
  }

  private static final class IdsWriter extends StdSerializer<ContributionIds> {
    private static final long serialVersionUID = 1L;

    IdsWriter() {
      super(ContributionIds.class);
    }

    @Override
    public void serialize(ContributionIds value, JsonGenerator json, SerializerProvider provider)
        throws IOException {
      json.writeBinary(value.toBytes());
    }
  }

  private static final class IdsReader extends StdDeserializer<ContributionIds> {
    private static final long serialVersionUID = 1L;

    IdsReader() {
      super(ContributionIds.class);
    }

    @Override
    public ContributionIds deserialize(JsonParser json, DeserializationContext context)
        throws IOException {
      return ContributionIds.of(json.getBinaryValue());
    }
  }
}
