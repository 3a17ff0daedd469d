/**
 * Holds the documents of the repository against the code: what they link to, and the commands,
 * settings and routes that they name.
 */
package org.rebasin.actors.documents;
