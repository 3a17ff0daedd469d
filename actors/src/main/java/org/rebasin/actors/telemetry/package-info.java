/**
 * What a node counts and times, and how it tells: small classes that the other packages call with
 * plain numbers, Kamon's measurements of actors, and the page that Prometheus reads. Knows no actor
 * of this project, and decides nothing.
 */
package org.rebasin.actors.telemetry;
