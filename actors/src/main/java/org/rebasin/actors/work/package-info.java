/**
 * Tasks, the queue that hands them out, and the supervised workers that pull them. A worker reads
 * and writes models of this node's store; it decides nothing about the job a task belongs to.
 */
package org.rebasin.actors.work;
