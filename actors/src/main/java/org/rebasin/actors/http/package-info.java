/**
 * The HTTP interface: its routes, its documents, and the client that the command line talks to it
 * with. Decides what a request may do and says what is wrong with it; computes nothing itself.
 */
package org.rebasin.actors.http;
