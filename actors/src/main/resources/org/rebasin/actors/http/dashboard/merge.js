// One merge: what it does, and what it came to.

import { h } from "./dom.js";
import { get, send, follow, download } from "./api.js";
import { bar, lineChart } from "./charts.js";
import { heading, section, empty, facts, state, table, phaseBar, waits, when, lasted, failure, model } from "./parts.js";
import { fixed, percent, seconds, count, clock, bytes } from "./format.js";

let id;
let merge;
let problem;
let acted;
let events = [];
let split = "test";
let info = new Map();
let end = () => {};
let again;

async function load(changed) {
  const asked = id;
  try {
    const found = await get("/merges/" + asked);
    if (asked === id) {
      merge = found;
      problem = undefined;
      for (const each of new Set([...found.models, ...(found.outcome?.merged ? [found.outcome.merged] : [])])) {
        if (!info.has(each)) {
          info.set(each, undefined);
          get("/models/" + each + "/info").then(
            (known) => {
              info.set(each, known);
              changed();
            },
            () => {},
          );
        }
      }
    }
  } catch (thrown) {
    if (asked === id) {
      problem = thrown;
    }
  }
  changed();
}

function watch(changed) {
  end();
  end = follow("/merges/" + id + "/events", {
    event(name, event) {
      if (!events.some((each) => each.sequence === event.sequence)) {
        events.push(event);
      }
      load(changed);
    },
    lost(thrown) {
      // A stream that ends with its merge, or breaks: what is true is asked for either way.
      if (!merge || merge.status === "running") {
        problem = merge ? undefined : thrown;
      }
      load(changed);
    },
  });
}

async function act(method, path, changed) {
  try {
    merge = await send(method, path);
    acted = undefined;
    if (merge.status === "running") {
      watch(changed);
    }
  } catch (thrown) {
    acted = thrown;
  }
  changed();
}

function buttons(changed) {
  const path = "/merges/" + id;
  const merged = merge.outcome?.merged;
  return h(
    "div",
    { class: "buttons" },
    merged &&
      h(
        "button",
        {
          type: "button",
          class: "first",
          id: "download",
          onclick: () =>
            download(merged, (merge.label || "merged").replace(/[^\w.-]+/g, "-") + ".safetensors").catch((thrown) => {
              acted = thrown;
              changed();
            }),
        },
        "Download the merged model",
        info.get(merged) ? ` (${bytes(info.get(merged).bytes)})` : "",
      ),
    merge.status === "running" && h("button", { type: "button", id: "cancel", onclick: () => act("DELETE", path, changed) }, "Cancel"),
    (merge.status === "failed" || merge.status === "cancelled") && h("button", { type: "button", id: "retry", onclick: () => act("POST", path + "/retry", changed) }, "Retry"),
  );
}

function underWay() {
  return section(
    "Progress",
    table(
      [{ name: "phase" }, { name: "" }, { name: "done", kind: "number" }, { name: "tasks", kind: "number" }],
      merge.phases.map((phase) =>
        h(
          "tr",
          null,
          h("th", { scope: "row" }, phase.phase),
          h("td", { class: "wide" }, bar(phase.total ? phase.done / phase.total : 0, `${phase.done} of ${phase.total} tasks`)),
          h("td", { class: "number" }, phase.done),
          h("td", { class: "number" }, phase.total),
        ),
      ),
    ),
    merge.status === "running" && h("p", null, h("span", { class: "quiet" }, "Waits for "), waits(merge), merge.remaining ? `; ${merge.remaining} more to come in this phase` : "", "."),
  );
}

function groups(alignment, name) {
  if (!alignment.groups?.length) {
    return "";
  }
  const moved = alignment.groups.reduce((sum, group) => sum + group.moved, 0);
  const size = alignment.groups.reduce((sum, group) => sum + group.size, 0);
  return [
    h("p", { class: "quiet" }, `${name}: ${count(moved)} of ${count(size)} units moved in ${alignment.groups.length} ${alignment.groups.length === 1 ? "group" : "groups"}.`),
    table(
      [{ name: "group" }, { name: "" }, { name: "moved", kind: "number" }, { name: "units", kind: "number" }, { name: "part", kind: "number" }],
      alignment.groups.map((group) =>
        h(
          "tr",
          null,
          h("th", { scope: "row" }, group.name),
          h("td", { class: "wide" }, bar(group.moved / group.size, `${group.moved} of ${group.size} units moved`)),
          h("td", { class: "number" }, count(group.moved)),
          h("td", { class: "number" }, count(group.size)),
          h("td", { class: "number" }, percent(group.moved / group.size, 1)),
        ),
      ),
      { class: "groups" },
    ),
  ];
}

function alignmentSections(outcome, width) {
  const sections = [];
  const names = outcome.models.slice(1).map((each, i) => `model ${i + 2} to model 1`);
  if (outcome.alignments?.length) {
    sections.push(section("Permutation groups", outcome.alignments.map((alignment, i) => groups(alignment, names[i] || "alignment"))));
  }
  const series = (outcome.alignments || [])
    .map((alignment, i) => ({ name: outcome.alignments.length > 1 ? names[i] : "objective", kind: "series" + (i % 4), ys: [alignment.objective_before, ...(alignment.objectives || [])] }))
    .filter((line) => line.ys.length > 1);
  const common = outcome.common_alignment;
  if (common?.objectives?.length) {
    series.push({ name: "objective", kind: "series0", ys: [common.objective_before, ...common.objectives] });
  }
  if (series.length) {
    const longest = Math.max(...series.map((line) => line.ys.length));
    const xs = Array.from({ length: longest }, (_, i) => i);
    const unit = common ? "round" : "sweep";
    sections.push(
      section(
        `Objective by ${unit}`,
        lineChart({
          width,
          height: 210,
          title: `The alignment objective after each ${unit}`,
          xs,
          whole: true,
          xTitle: unit,
          yTitle: "Σ ⟨A, π(B)⟩, higher is better",
          xText: String,
          yText: (value) => value.toFixed(2),
          series: series.map((line) => ({ ...line, ys: xs.map((i) => line.ys[i]) })),
        }),
      ),
    );
  } else if (outcome.alignments?.length) {
    sections.push(
      section(
        "Objective",
        facts([
          ["before", fixed(outcome.alignments[0].objective_before, 2)],
          ["after", fixed(outcome.alignments[0].objective, 2)],
          ["sweeps", count(outcome.alignments[0].sweeps)],
        ]),
      ),
    );
  }
  return sections;
}

const CURVES = [
  ["naive", "naive", "naive", false],
  ["aligned", "aligned", "aligned", false],
  ["naive_corrected", "naive, corrected", "naive", true],
  ["corrected", "aligned, corrected", "aligned", true],
];

function curveSection(curves, width, changed) {
  const lines = CURVES.filter(([key]) => curves[key]?.[split]);
  const splits = ["test", "train"].filter((each) => CURVES.some(([key]) => curves[key]?.[each]));
  const chart = (what, title, text) =>
    lineChart({
      width,
      height: 250,
      title,
      xs: curves.lambdas,
      xTitle: "λ",
      yTitle: what,
      yText: text,
      xText: (value) => value.toFixed(2),
      zero: what === "loss",
      series: lines.map(([key, name, kind, dashed]) => ({ name, kind, dashed, ys: curves[key][split][what] })),
    });
  return section(
    "From model 1 to model 2",
    splits.length > 1 &&
      h(
        "div",
        { class: "switch", role: "group", "aria-label": "Images" },
        splits.map((each) =>
          h(
            "button",
            {
              type: "button",
              "aria-pressed": each === split ? "true" : "false",
              onclick: () => {
                split = each;
                changed();
              },
            },
            each + " images",
          ),
        ),
      ),
    facts(lines.map(([key, name]) => [name + " barrier", fixed(curves[key][split].barrier)])),
    h(
      "div",
      { class: "pair", id: "curve" },
      chart("loss", "Loss between the two models, naive and aligned", (value) => value.toFixed(3)),
      chart("accuracy", "Accuracy between the two models, naive and aligned", (value) => (100 * value).toFixed(2) + " %"),
    ),
  );
}

function evaluationSection(evaluation) {
  const rows = [
    ...evaluation.parents.map((score, i) => ["parent " + (i + 1), score]),
    ["naive average", evaluation.naive],
    ...(evaluation.merged ? [["merged", evaluation.merged]] : []),
    ["ensemble", evaluation.ensemble],
  ];
  return section(
    "On the test images",
    table(
      [{ name: "" }, { name: "accuracy", kind: "number" }, { name: "" }, { name: "loss", kind: "number" }, { name: "calibration error", kind: "number" }, { name: "images", kind: "number" }],
      rows.map(([name, score]) =>
        h(
          "tr",
          { class: name === "merged" ? "chosen" : false },
          h("th", { scope: "row" }, name),
          h("td", { class: "number" }, percent(score.accuracy)),
          h("td", { class: "wide" }, bar(score.accuracy, percent(score.accuracy), name === "naive average" ? "naive" : "")),
          h("td", { class: "number" }, fixed(score.loss)),
          h("td", { class: "number" }, fixed(score.expected_calibration_error)),
          h("td", { class: "number" }, count(score.examples)),
        ),
      ),
      { class: "scores" },
    ),
  );
}

function provenance() {
  const first = info.get(merge.models[0]);
  const outcome = merge.outcome;
  return section(
    "Provenance",
    facts([
      ["architecture", first && h("code", null, String(first.architecture))],
      ["parameters", first && count(first.parameters)],
      ...Object.entries(merge.settings || {}).map(([name, value]) => [name.replaceAll("_", " "), Array.isArray(value) ? value.map((each) => fixed(each, 3)).join(", ") : String(value)]),
      ["solving", outcome?.alignments?.length ? seconds(outcome.alignments.reduce((sum, each) => sum + each.seconds, 0)) : outcome?.common_alignment && seconds(outcome.common_alignment.seconds)],
      ["merge", h("code", { class: "id" }, merge.id)],
    ]),
    table(
      [{ name: "model" }, { name: "SHA-256" }, { name: "size", kind: "number" }, { name: "trained on" }],
      [...(outcome?.models || merge.models).map((each, i) => [`model ${i + 1}`, each]), ...(outcome?.merged ? [["merged", outcome.merged]] : [])].map(([name, each]) => {
        const known = info.get(each);
        const made = known?.provenance || {};
        return h("tr", null, h("th", { scope: "row" }, name), h("td", null, model(each)), h("td", { class: "number" }, known ? bytes(known.bytes) : ""), h("td", null, origin(made)));
      }),
    ),
  );
}

function origin(made) {
  const settings = made.settings || made;
  const parts = ["data", "epochs", "seed"].filter((key) => settings[key] !== undefined && typeof settings[key] !== "object").map((key) => `${key} ${settings[key]}`);
  return parts.join(", ") || (made.operation ? String(made.operation) : "");
}

function history() {
  return h(
    "details",
    { class: "numbers" },
    h("summary", null, `Events (${events.length})`),
    h(
      "ol",
      { class: "events" },
      [...events].sort((one, other) => one.sequence - other.sequence).map((event) =>
        h("li", null, h("span", { class: "quiet" }, clock(event.time)), " ", event.kind, event.phase ? ` ${event.phase} ${event.done}/${event.total}` : "", event.detail ? `: ${event.detail}` : ""),
      ),
    ),
  );
}

export const page = {
  title: "Merge",

  enter(changed, name) {
    id = name;
    merge = undefined;
    problem = undefined;
    acted = undefined;
    events = [];
    load(changed);
    watch(changed);
    // What is at work is no event: it is asked for.
    again = setInterval(() => !document.hidden && merge?.status === "running" && load(changed), 2000);
  },

  leave() {
    end();
    clearInterval(again);
    id = undefined;
  },

  view({ changed, width }) {
    if (!merge) {
      return [
        heading("Merge"),
        problem
          ? [failure(problem), h("p", null, h("a", { href: "#/merges" }, "All jobs"))]
          : h("p", { class: "empty" }, "Asking the node …"),
      ];
    }
    const outcome = merge.outcome;
    const half = width > 900 ? (width - 28) / 2 : width;
    return [
      heading(merge.label || "Merge " + merge.id.slice(-10), state(merge.status)),
      facts([
        ["submitted", when(merge.submitted)],
        ["took", merge.ended ? lasted(merge) : undefined],
        ["runs for", merge.ended ? undefined : lasted(merge)],
        ["priority", merge.priority ? String(merge.priority) : undefined],
        ["deadline", merge.deadline ? when(merge.deadline) : undefined],
        ["phase", merge.status === "running" ? phaseBar(merge) : undefined],
      ]),
      buttons(changed),
      acted && failure(acted),
      merge.failure &&
        section(
          "Why it failed",
          h("p", { class: "failed" }, merge.failure.message),
          merge.failure.history.length > 1 && h("ol", null, merge.failure.history.map((each) => h("li", null, each))),
          h("p", { class: "quiet" }, merge.failure.kind === "bad_input" ? "The input is at fault: trying again helps only when it has changed." : "Retry goes on from what was done."),
        ),
      !outcome && underWay(),
      outcome?.evaluation && evaluationSection(outcome.evaluation),
      outcome?.curves && curveSection(outcome.curves, half, changed),
      outcome && !outcome.evaluation && !outcome.curves && empty("Nothing was evaluated: the merge named no data. With data and points, it has a table and a curve here."),
      outcome && h("div", { class: width > 900 ? "pair" : "" }, alignmentSections(outcome, half)),
      provenance(),
      events.length > 0 && history(),
    ];
  },
};
