/**
 * Merge jobs: what one merge has asked for, what came back, and what is next. A job computes
 * nothing and holds no model; it sends tasks to the work queue.
 */
package org.rebasin.actors.job;
