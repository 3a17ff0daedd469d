// What several pages have in common.

import { h } from "./dom.js";
import { bar } from "./charts.js";
import { short, host, moment, span } from "./format.js";

export function heading(title, ...beside) {
  return h("div", { class: "heading" }, h("h1", null, title), beside);
}

export function section(title, ...content) {
  return h("section", null, h("h2", null, title), content);
}

/** Nothing is there, and what to do about it. */
export function empty(text, ...advice) {
  return h("div", { class: "empty" }, h("p", null, text), advice);
}

export function command(text) {
  return h("pre", { class: "command" }, h("code", null, text));
}

export function failure(problem) {
  return h(
    "div",
    { class: "failed", role: "alert" },
    h("p", null, h("strong", null, problem.title || "That did not work"), ": ", problem.message),
  );
}

/** A state by its word, with a mark of its own. */
export function state(word) {
  return h("span", { class: "state " + String(word).replace(/[^a-z]/g, "") }, word);
}

export function table(columns, rows, properties = {}) {
  return h(
    "div",
    { class: "scroll" },
    h(
      "table",
      properties,
      h("thead", null, h("tr", null, columns.map((column) => h("th", { scope: "col", class: column.kind || false }, column.name)))),
      h("tbody", null, rows),
    ),
  );
}

export function model(id) {
  return h("code", { class: "id", title: id }, short(id));
}

/** Names and values. */
export function facts(pairs) {
  return h(
    "dl",
    { class: "facts" },
    pairs.filter(([, value]) => value !== undefined && value !== "").map(([name, value]) => h("div", null, h("dt", null, name), h("dd", null, value))),
  );
}

/** How far a merge is, over all phases that are known. */
export function progress(merge) {
  const phases = merge.phases || [];
  const done = phases.reduce((sum, phase) => sum + phase.done, 0);
  const total = phases.reduce((sum, phase) => sum + phase.total, 0);
  return { done, total };
}

/** A merge's phase with its bar. */
export function phaseBar(merge) {
  const phase = (merge.phases || []).find((each) => each.phase === merge.phase) || (merge.phases || []).at(-1);
  if (!phase) {
    return "";
  }
  return h(
    "span",
    { class: "phase" },
    bar(phase.total ? phase.done / phase.total : 0, `${phase.phase}: ${phase.done} of ${phase.total} tasks`),
    h("span", null, `${phase.phase} ${phase.done}/${phase.total}`),
  );
}

/** What a merge waits for, in words. */
export function waits(merge) {
  const waiting = merge.waits_for || [];
  if (waiting.length === 0) {
    return merge.status === "running" ? "the next phase" : "";
  }
  const byRole = new Map();
  waiting.forEach((task) => byRole.set(task.role, (byRole.get(task.role) || 0) + 1));
  const tasks = [...byRole].map(([role, number]) => `${number} ${role} ${number === 1 ? "task" : "tasks"}`).join(", ");
  const working = (merge.working || []).map((each) => each.label + (each.total ? ` ${each.done}/${each.total}` : "") + (each.detail ? ` (${each.detail})` : ""));
  return working.length ? `${tasks}; at work: ${working.slice(0, 2).join(", ")}` : tasks;
}

export function when(time) {
  return h("time", { datetime: time, title: new Date(time).toISOString() }, moment(time));
}

export function lasted(merge) {
  return span(merge.submitted, merge.ended || new Date());
}

export { host };
