/**
 * What a network is worth: loss and accuracy on labelled examples, and the loss barrier along a
 * line between two networks. Changes no weights.
 */
package org.rebasin.model.evaluation;
