package org.rebasin.actors.work;

import org.rebasin.actors.wire.WireMessage;

/**
 * How far a task is.
 *
 * @param label what the task works on
 * @param done steps done
 * @param total steps in all
 * @param detail for people, such as the accuracy so far
 */
public record Progress(String label, long done, long total, String detail) implements WireMessage {}
