/**
 * The models on this node, by what they contain: files named by the SHA-256 of their bytes. Runs no
 * task and sends no message.
 */
package org.rebasin.actors.store;
