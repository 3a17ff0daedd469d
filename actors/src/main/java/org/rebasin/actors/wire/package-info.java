/**
 * How messages look between nodes: Kryo with a number for each class, and none but the listed ones.
 * Knows no message; the packages above hand in the list. Nothing that is stored is written this
 * way.
 */
package org.rebasin.actors.wire;
