/**
 * The system around the science: supervised actors, streams, the model store and the command line.
 * No linear algebra lives here; every number is computed by a function of the model module.
 */
package org.rebasin.actors;
