/**
 * The paper's experiments: what each is, read from a file; how they run on a node, resumable; and
 * what they leave: every point as JSON, plots, and a summary beside the published figures. Holds no
 * algorithm of its own.
 */
package org.rebasin.actors.experiment;
