// All merges, the newest first.

import { h } from "./dom.js";
import { get } from "./api.js";
import { heading, empty, command, state, table, phaseBar, waits, when, lasted, failure } from "./parts.js";

let older = [];
let next;
let problem;

/** What the list tells of each; columns that would be empty are left out. */
function columns(all) {
  const live = all.some((merge) => merge.status === "running");
  return [
    { name: "merge", of: (merge) => h("th", { scope: "row" }, h("a", { href: "#/merges/" + merge.id }, merge.label || h("code", { class: "id" }, merge.id.slice(-10)))) },
    { name: "status", of: (merge) => h("td", null, state(merge.status)) },
    { name: "took", kind: "number", of: (merge) => h("td", { class: "number" }, lasted(merge)) },
    live && { name: "phase", of: (merge) => h("td", null, merge.status === "running" && merge.phases ? phaseBar(merge) : "") },
    live && { name: "waits for", of: (merge) => h("td", { class: "long" }, merge.status === "running" ? waits(merge) : "") },
    all.some((merge) => merge.priority) && { name: "priority", kind: "number", of: (merge) => h("td", { class: "number" }, merge.priority || "") },
    { name: "submitted", kind: "number", of: (merge) => h("td", { class: "number" }, when(merge.submitted)) },
  ].filter(Boolean);
}

async function more(after, changed) {
  try {
    const page = await get("/merges?limit=50&after=" + encodeURIComponent(after));
    older = older.concat(page.merges);
    next = page.next || "";
    problem = undefined;
  } catch (thrown) {
    problem = thrown;
  }
  changed();
}

export const page = {
  title: "Jobs",

  enter() {
    older = [];
    next = undefined;
    problem = undefined;
  },

  view({ merges, changed }) {
    const start = h("a", { class: "button", href: "#/start" }, "Start a merge");
    if (!merges) {
      return [heading("Jobs", start), h("p", { class: "empty" }, "Asking the node …")];
    }
    const newest = new Set(merges.merges.map((merge) => merge.id));
    const all = merges.merges.concat(older.filter((merge) => !newest.has(merge.id)));
    if (all.length === 0) {
      return [
        heading("Jobs", start),
        empty(
          "No merge has been started on this cluster. Start one here from two files, or from a shell:",
          command(`./rebasin submit a.safetensors b.safetensors --url ${location.origin} --watch --out merged.safetensors`),
        ),
      ];
    }
    const running = all.filter((merge) => merge.status === "running").length;
    const told = columns(all);
    const after = next === undefined ? merges.next : next;
    return [
      heading("Jobs", start),
      h("p", { class: "quiet" }, running === 0 ? "None is running." : running === 1 ? "One is running." : running + " are running."),
      table(
        told,
        all.map((merge) => h("tr", null, told.map((column) => column.of(merge)))),
      ),
      problem && failure(problem),
      after && h("button", { type: "button", onclick: () => more(after, changed) }, "Older ones"),
    ];
  },
};
