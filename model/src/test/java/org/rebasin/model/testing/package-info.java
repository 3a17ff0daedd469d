/**
 * What several tests need: random weights from seeds, and operators that the product does not have.
 * Holds no test.
 */
package org.rebasin.model.testing;
