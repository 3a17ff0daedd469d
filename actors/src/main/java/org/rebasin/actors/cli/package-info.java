/**
 * The command line: one class a command. Checks what the user gave, starts a node in this process,
 * and prints what came back; data on standard output, all else on standard error.
 */
package org.rebasin.actors.cli;
