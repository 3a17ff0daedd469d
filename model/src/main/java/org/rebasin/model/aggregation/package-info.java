/**
 * How contributions to a global model become its next version: averaging rules, robust ones among
 * them, server optimisers, and what a contribution is screened for. Knows no participants, no
 * versions' history and no network.
 */
package org.rebasin.model.aggregation;
