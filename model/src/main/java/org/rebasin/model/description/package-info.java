/**
 * Networks described from outside: architecture files, and ONNX models with their weights, read and
 * written. What they describe is a {@link org.rebasin.model.network.Network} like any other; an
 * operator that has no counterpart there is refused by its name and place, never guessed.
 */
package org.rebasin.model.description;
