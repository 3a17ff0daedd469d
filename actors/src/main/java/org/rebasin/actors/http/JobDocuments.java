package org.rebasin.actors.http;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rebasin.actors.job.JobEvent;
import org.rebasin.actors.job.JobPage;
import org.rebasin.actors.job.JobView;
import org.rebasin.actors.job.MergeRequest;
import org.rebasin.actors.report.Documents;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.work.JobId;
import org.rebasin.actors.work.TaskFailure;

/** Jobs as documents. Times are ISO 8601 in UTC. */
final class JobDocuments {
  private JobDocuments() {}

  /** Where a job is found. */
  static String path(JobId job) {
    return "/merges/" + job;
  }

  static Map<String, Object> view(JobView view) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("id", view.id().value());
    document.put("status", view.status().text());
    document.put("label", view.options().label());
    document.put("priority", view.options().priority());
    view.phase().ifPresent(phase -> document.put("phase", phase));
    document.put("phases", view.phases());
    document.put(
        "waits_for",
        view.waitsFor().stream()
            .map(
                task -> {
                  Map<String, Object> entry = new LinkedHashMap<>();
                  entry.put("phase", task.phase());
                  entry.put("index", task.index());
                  entry.put("role", task.role().text());
                  entry.put("since", task.since().toString());
                  return entry;
                })
            .toList());
    document.put("remaining", view.remaining());
    document.put("working", view.working());
    document.put("submitted", view.submitted().toString());
    document.put("updated", view.updated().toString());
    view.ended().ifPresent(time -> document.put("ended", time.toString()));
    view.deadline().ifPresent(time -> document.put("deadline", time.toString()));
    document.put("sequence", view.sequence());
    document.put("models", models(view.request()));
    document.put("settings", Documents.settings(view.request()));
    view.failure().ifPresent(failure -> document.put("failure", failure(failure)));
    view.outcome().ifPresent(outcome -> document.put("outcome", Documents.outcome(outcome)));
    return document;
  }

  private static List<String> models(MergeRequest request) {
    return request.stored().stream().map(ModelId::sha256).toList();
  }

  private static Map<String, Object> failure(TaskFailure failure) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("kind", failure.badInput() ? "bad_input" : "failed");
    document.put("message", failure.message());
    document.put("history", failure.history());
    return document;
  }

  static Map<String, Object> page(JobPage page) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("merges", page.jobs().stream().map(JobDocuments::entry).toList());
    page.next().ifPresent(next -> document.put("next", next.value()));
    return document;
  }

  static Map<String, Object> entry(JobPage.Entry job) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("id", job.id().value());
    document.put("label", job.label());
    document.put("priority", job.priority());
    document.put("status", job.status().text());
    document.put("submitted", job.submitted().toString());
    job.ended().ifPresent(time -> document.put("ended", time.toString()));
    return document;
  }

  static Map<String, Object> event(JobEvent event) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("sequence", event.sequence());
    document.put("time", event.time().toString());
    document.put("kind", event.kind().text());
    event.phase().ifPresent(phase -> document.put("phase", phase));
    document.put("done", event.done());
    document.put("total", event.total());
    document.put("detail", event.detail());
    return document;
  }
}
