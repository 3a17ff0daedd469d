package org.rebasin.actors.telemetry;

/**
 * What was measured of the actors of one kind, or of one worker. Times are in seconds.
 *
 * @param actor their kind
 * @param worker the worker's number; empty for others
 * @param mailbox the most messages that waited, in the last interval
 * @param messagesPerSecond that were processed, over the last interval
 * @param timeInMailbox of a message, the mean of the last interval; NaN without messages
 * @param processingTime of a message, the mean of the last interval; NaN without messages
 * @param restarts of all actors of the kind, since the process started
 * @param failures of all actors of the kind, since the process started
 */
public record ActorReading(
    String actor,
    String worker,
    double mailbox,
    double messagesPerSecond,
    double timeInMailbox,
    double processingTime,
    long restarts,
    long failures) {}
