/**
 * Makes one network's weights from several aligned ones: interpolation and weighted averaging.
 * Knows neither how they were aligned nor where they are stored.
 */
package org.rebasin.model.merge;
