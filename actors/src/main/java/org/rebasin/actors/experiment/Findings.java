package org.rebasin.actors.experiment;

import java.util.List;
import java.util.Map;
import org.rebasin.actors.report.Plot;

/**
 * What an experiment found.
 *
 * @param points everything measured, for programs
 * @param tables for people, by their titles
 * @param plots by their files' names
 */
record Findings(
    Map<String, Object> points, Map<String, List<List<String>>> tables, Map<String, Plot> plots) {}
