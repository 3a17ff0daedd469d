/**
 * Results in the forms that people and programs read: JSON documents, plain and Markdown tables,
 * plots. Runs nothing and evaluates nothing.
 */
package org.rebasin.actors.report;
