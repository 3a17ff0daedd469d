/**
 * Labelled images, where they come from (files in the publishers' formats, or digits drawn here)
 * and the order in which training and evaluation visit them, all of it decided by seeds. What is
 * learnt from the images, and every tensor library, stays outside.
 */
package org.rebasin.model.data;
