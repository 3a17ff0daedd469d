package org.rebasin.actors.job;

import com.fasterxml.jackson.annotation.JsonInclude;
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
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.JobId;
import org.rebasin.actors.work.Matching;
import org.rebasin.actors.work.TaskResult;
import org.rebasin.model.alignment.Alignment;
import org.rebasin.model.permutation.Permutation;
import org.rebasin.model.permutation.Permutations;

/**
 * How jobs are written into the journal: which names stand for which kinds of events, results and
 * settings. The names are for ever, since journals hold them; classes and packages may move. What
 * is added later must be {@code Optional}, or have its absence mean something; what is removed may
 * still be read, and is ignored.
 */
public final class JobJson extends SimpleModule {
  private static final long serialVersionUID = 1L;
  private static final String KIND = "kind";

  /** What the configuration names. */
  public JobJson() {
    super("rebasin-jobs");
    setMixInAnnotation(JournalEvent.class, JobEventNames.class);
    setMixInAnnotation(JobState.class, JobStateNames.class);
    setMixInAnnotation(JobIndex.Event.class, IndexEventNames.class);
    setMixInAnnotation(MergeRequest.Source.class, SourceNames.class);
    setMixInAnnotation(Matching.class, MatchingNames.class);
    setMixInAnnotation(TaskResult.class, TaskResultNames.class);
    setMixInAnnotation(Alignment.class, AlignmentProperties.class);
    addSerializer(ModelId.class, ToStringSerializer.instance);
    addDeserializer(ModelId.class, new Named<>(ModelId.class, ModelId::new));
    addSerializer(JobId.class, ToStringSerializer.instance);
    addDeserializer(JobId.class, new Named<>(JobId.class, JobId::new));
    addSerializer(Permutations.class, new PermutationsWriter());
    addDeserializer(Permutations.class, new PermutationsReader());
  }

  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = KIND)
  @JsonSubTypes({
    @Type(value = JournalEvent.Requested.class, name = "requested"),
    @Type(value = JournalEvent.TaskCompleted.class, name = "task-completed"),
    @Type(value = JournalEvent.TaskGivenUp.class, name = "task-given-up"),
    @Type(value = JournalEvent.DeadlinePassed.class, name = "deadline-passed"),
    @Type(value = JournalEvent.Cancelled.class, name = "cancelled"),
    @Type(value = JournalEvent.Retried.class, name = "retried"),
    @Type(value = JournalEvent.Completed.class, name = "completed"),
    @Type(value = JournalEvent.Forgotten.class, name = "forgotten")
  })
  private interface JobEventNames {}

  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = KIND)
  @JsonSubTypes({
    @Type(value = JobState.Absent.class, name = "absent"),
    @Type(value = JobState.Known.class, name = "job")
  })
  private interface JobStateNames {}

  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = KIND)
  @JsonSubTypes({
    @Type(value = JobIndex.JobAdded.class, name = "job-added"),
    @Type(value = JobIndex.JobStarted.class, name = "job-started"),
    @Type(value = JobIndex.JobChanged.class, name = "job-changed"),
    @Type(value = JobIndex.JobForgotten.class, name = "job-forgotten")
  })
  private interface IndexEventNames {}

  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = KIND)
  @JsonSubTypes({
    @Type(value = MergeRequest.Stored.class, name = "stored"),
    @Type(value = MergeRequest.Private.class, name = "private"),
    @Type(value = MergeRequest.ToTrain.class, name = "train")
  })
  private interface SourceNames {}

  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = KIND)
  @JsonSubTypes({
    @Type(value = Matching.Weight.class, name = "weight"),
    @Type(value = Matching.Activation.class, name = "activation"),
    @Type(value = Matching.StraightThrough.class, name = "straight-through")
  })
  private interface MatchingNames {}

  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = KIND)
  @JsonSubTypes({
    @Type(value = TaskResult.Trained.class, name = "trained"),
    @Type(value = TaskResult.Collected.class, name = "collected"),
    @Type(value = TaskResult.Aligned.class, name = "aligned"),
    @Type(value = TaskResult.Matched.class, name = "matched"),
    @Type(value = TaskResult.AlignedMany.class, name = "aligned-many"),
    @Type(value = TaskResult.Merged.class, name = "merged"),
    @Type(value = TaskResult.Evaluated.class, name = "evaluated"),
    @Type(value = TaskResult.ExamplesCounted.class, name = "examples-counted"),
    @Type(value = TaskResult.Screened.class, name = "screened"),
    @Type(value = TaskResult.Aggregated.class, name = "aggregated")
  })
  private interface TaskResultNames {}

  /** What was added later is written only where there is something. */
  private interface AlignmentProperties {
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    List<Double> objectives();
  }

  /** What is written as its name alone. */
  private static final class Named<T> extends FromStringDeserializer<T> {
    private static final long serialVersionUID = 1L;
    private final transient Function<String, T> reader;

    Named(Class<T> type, Function<String, T> reader) {
      super(type);
      this.reader = reader;
    }

    @Override
    protected T _deserialize(String text, DeserializationContext context) {
      return reader.apply(text);
    }
  }

  /** One array of source units for each group. */
  private static final class PermutationsWriter extends StdSerializer<Permutations> {
    private static final long serialVersionUID = 1L;

    PermutationsWriter() {
      super(Permutations.class);
    }

    @Override
    public void serialize(Permutations value, JsonGenerator json, SerializerProvider provider)
        throws IOException {
      json.writeStartArray(value, value.byGroup().size());
      for (Permutation permutation : value.byGroup()) {
        json.writeArray(permutation.toArray(), 0, permutation.size());
      }
      json.writeEndArray();
    }
  }

  private static final class PermutationsReader extends StdDeserializer<Permutations> {
    private static final long serialVersionUID = 1L;

    PermutationsReader() {
      super(Permutations.class);
    }

    @Override
    public Permutations deserialize(JsonParser json, DeserializationContext context)
        throws IOException {
      int[][] sources = context.readValue(json, int[][].class);
      return new Permutations(Arrays.stream(sources).map(Permutation::of).toList());
    }
  }
}
