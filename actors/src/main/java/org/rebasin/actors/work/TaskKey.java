package org.rebasin.actors.work;

/**
 * Names a task: the same one however often it is submitted.
 *
 * @param job whose task it is
 * @param phase of the job
 * @param index counted from 0 within the phase
 */
public record TaskKey(JobId job, String phase, int index) {
  @Override
  public String toString() {
    return job + "/" + phase + "/" + index;
  }
}
