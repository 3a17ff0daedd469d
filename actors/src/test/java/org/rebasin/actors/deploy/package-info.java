/**
 * Checks what Rebasin is deployed with: the distribution, the image's recipe, manifests, units, and
 * the reference of settings. Nothing here runs a container.
 */
package org.rebasin.actors.deploy;
