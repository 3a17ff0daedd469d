package org.rebasin.actors.work;

/**
 * Names a task of a job, whoever submits it and however often.
 *
 * @param phase of the job
 * @param index within the phase, from 0
 */
public record TaskKey(JobId job, String phase, int index) {
  @Override
  public String toString() {
    return job + "/" + phase + "/" + index;
  }
}
