/**
 * A node: the guardian of its actors, and how a process starts and stops one. One laptop is a
 * cluster of one.
 */
package org.rebasin.actors.node;
