// Federations: what each has come to, from whom, and what was not let in.

import { h } from "./dom.js";
import { get, send, follow, download, Problem } from "./api.js";
import { bar, lineChart } from "./charts.js";
import { heading, section, empty, command, facts, state, table, when, failure, model } from "./parts.js";
import { fixed, percent, count, moment } from "./format.js";

let name;
let list;
let federation;
let versions = [];
let contributions = [];
let problem;
let acted;
let again;
let end = () => {};

async function load(changed) {
  const asked = name;
  try {
    if (asked === undefined) {
      const found = await get("/federations");
      if (asked === name) {
        list = found.federations;
      }
    } else {
      const path = "/federations/" + encodeURIComponent(asked);
      const [one, all, given] = await Promise.all([get(path), get(path + "/versions"), get(path + "/contributions")]);
      if (asked === name) {
        federation = one;
        versions = [...all.versions].sort((a, b) => a.number - b.number);
        contributions = given.contributions;
      }
    }
    problem = undefined;
  } catch (thrown) {
    if (asked === name) {
      problem = thrown;
    }
  }
  changed();
}

async function act(what, document, changed) {
  try {
    await send("POST", "/federations/" + encodeURIComponent(name) + "/" + what, document);
    acted = undefined;
  } catch (thrown) {
    acted = thrown;
  }
  await load(changed);
}

/** Counts come as one number, or by outcome. */
const given = (each) => (each.contributions && typeof each.contributions === "object" ? Object.values(each.contributions).reduce((sum, one) => sum + one, 0) : each.contributions);
const quarantinedOf = (each) => each.quarantined ?? each.contributions?.quarantined;
const partsOf = (version) => version.contributions || version.ingredients || [];

/** Settings within settings by both names; participants have a table of their own. */
function flat(settings, prefix = "") {
  return Object.entries(settings)
    .filter(([key]) => key !== "participants")
    .flatMap(([key, value]) =>
      value && typeof value === "object" && !Array.isArray(value) ? flat(value, prefix + key + " ") : [[(prefix + key).replaceAll("_", " "), key === "initial" ? model(value) : Array.isArray(value) ? value.join(", ") : String(value)]],
    );
}

function overview() {
  if (!list) {
    return [heading("Federations"), h("p", { class: "empty" }, "Asking the node …")];
  }
  if (list.length === 0) {
    return [
      heading("Federations"),
      empty(
        "There is no federation on this cluster. One keeps a global model and merges what participants contribute. Create one from a shell:",
        command(`./rebasin federation create digits --architecture mlp:784-128-10 --data digits --buffer 2 --url ${location.origin}`),
      ),
    ];
  }
  return [
    heading("Federations"),
    table(
      [
        { name: "federation" },
        { name: "status" },
        { name: "version", kind: "number" },
        { name: "accuracy", kind: "number" },
        { name: "loss", kind: "number" },
        { name: "contributions", kind: "number" },
        { name: "quarantined", kind: "number" },
      ],
      list.map((each) =>
        h(
          "tr",
          null,
          h("th", { scope: "row" }, h("a", { href: "#/federations/" + encodeURIComponent(each.name) }, each.name)),
          h("td", null, state(each.status)),
          h("td", { class: "number" }, count(each.version)),
          h("td", { class: "number" }, percent(each.accuracy)),
          h("td", { class: "number" }, fixed(each.loss)),
          h("td", { class: "number" }, count(given(each))),
          h("td", { class: "number" + (quarantinedOf(each) > 0 ? " warn" : "") }, count(quarantinedOf(each))),
        ),
      ),
    ),
  ];
}

const isQuarantined = (contribution) => String(contribution.outcome).toLowerCase().startsWith("quarantine");
const outcomeOf = (contribution) => String(contribution.outcome || "waiting").toLowerCase();

function participants() {
  const byName = new Map();
  for (const contribution of contributions) {
    const one = byName.get(contribution.participant) || { all: 0, taken: 0, quarantined: 0, examples: 0, last: contribution.time };
    one.all++;
    one.quarantined += isQuarantined(contribution) ? 1 : 0;
    one.taken += ["merged", "accepted"].includes(outcomeOf(contribution)) ? 1 : 0;
    one.examples = contribution.examples || one.examples;
    one.last = contribution.time > one.last ? contribution.time : one.last;
    byName.set(contribution.participant, one);
  }
  return [...byName].sort(([one], [other]) => String(one).localeCompare(String(other)));
}

function contributionRow(contribution) {
  return h(
    "tr",
    null,
    h("td", { class: "number" }, contribution.time ? when(contribution.time) : ""),
    h("th", { scope: "row" }, contribution.participant),
    h("td", null, state(outcomeOf(contribution))),
    h("td", { class: "long" }, contribution.reason || ""),
    h("td", { class: "number" }, count(contribution.base_version)),
    h("td", { class: "number" }, count(contribution.examples)),
    h("td", null, contribution.model ? model(contribution.model) : ""),
  );
}

const CONTRIBUTIONS = [
  { name: "time", kind: "number" },
  { name: "participant" },
  { name: "outcome" },
  { name: "reason" },
  { name: "base", kind: "number" },
  { name: "examples", kind: "number" },
  { name: "model" },
];

function one(changed, width) {
  const back = h("a", { href: "#/federations" }, "All federations");
  if (!federation) {
    return [heading(name, back), problem ? failure(problem) : h("p", { class: "empty" }, "Asking the node …")];
  }
  // After a rollback the newest is not the current one.
  const current = versions.find((version) => version.number === federation.version) || versions.at(-1);
  const quarantined = contributions.filter(isQuarantined);
  const status = String(federation.status || "").toLowerCase();
  const measured = versions.filter((version) => Number.isFinite(version.accuracy));
  const settings = federation.settings || {};
  const half = width > 900 ? (width - 28) / 2 : width;
  const chart = (what, kind, text) =>
    lineChart({
      width: half,
      height: 220,
      title: `${what} by version`,
      xs: measured.map((version) => version.number),
      whole: true,
      xTitle: "version",
      yTitle: what,
      xText: String,
      yText: text,
      series: [{ name: what, kind, ys: measured.map((version) => version[what]) }],
    });
  return [
    heading(name, state(status || "unknown"), back),
    facts([
      ["version", count(federation.version ?? current?.number)],
      ["accuracy", percent(federation.accuracy ?? current?.accuracy)],
      ["loss", fixed(federation.loss ?? current?.loss)],
      ["contributions", count(given(federation) ?? contributions.length)],
      ["quarantined", h("span", { class: quarantined.length ? "warn" : "" }, String(quarantinedOf(federation) ?? quarantined.length))],
    ]),
    h(
      "div",
      { class: "buttons" },
      current?.model && h("button", { type: "button", class: "first", onclick: () => download(current.model, `${name}-${current.number}.safetensors`).catch((thrown) => { acted = thrown; changed(); }) }, `Download version ${current.number}`),
      status !== "closed" && status !== "paused" && h("button", { type: "button", id: "pause", onclick: () => act("pause", undefined, changed) }, "Pause"),
      status === "paused" && h("button", { type: "button", id: "resume", onclick: () => act("resume", undefined, changed) }, "Resume"),
      status !== "closed" && h("button", { type: "button", onclick: () => confirm(`Close ${name}? It takes no contribution any more.`) && act("close", undefined, changed) }, "Close"),
    ),
    federation.activity && h("p", { class: "quiet" }, federation.activity),
    acted && failure(acted),
    problem && failure(problem),
    measured.length > 0
      ? section(
          "By version",
          h("div", { class: "pair" }, chart("accuracy", "aligned", (value) => (100 * value).toFixed(2) + " %"), chart("loss", "naive", (value) => value.toFixed(3))),
        )
      : section("By version", empty("No version has been evaluated yet.")),
    quarantined.length > 0 && section("Quarantine", table(CONTRIBUTIONS, quarantined.map(contributionRow))),
    section(
      "Participants",
      contributions.length === 0
        ? empty("Nobody has contributed yet. From a shell:", command(`./rebasin federation contribute ${name} one.safetensors --participant one --examples 6000 --url ${location.origin}`))
        : table(
            [{ name: "participant" }, { name: "contributions", kind: "number" }, { name: "merged", kind: "number" }, { name: "" }, { name: "quarantined", kind: "number" }, { name: "examples", kind: "number" }, { name: "last", kind: "number" }],
            participants().map(([who, each]) =>
              h(
                "tr",
                null,
                h("th", { scope: "row" }, who),
                h("td", { class: "number" }, each.all),
                h("td", { class: "number" }, each.taken),
                h("td", { class: "wide" }, bar(each.taken / each.all, `${each.taken} of ${each.all} merged`)),
                h("td", { class: "number" + (each.quarantined ? " warn" : "") }, each.quarantined),
                h("td", { class: "number" }, count(each.examples)),
                h("td", { class: "number" }, each.last ? moment(each.last) : ""),
              ),
            ),
          ),
    ),
    contributions.length > 0 && section("Contributions", table(CONTRIBUTIONS, [...contributions].sort((a, b) => (a.time < b.time ? 1 : -1)).map(contributionRow))),
    versions.length > 0 &&
      section(
        "Versions",
        table(
          [{ name: "version", kind: "number" }, { name: "time", kind: "number" }, { name: "rule" }, { name: "of" }, { name: "accuracy", kind: "number" }, { name: "loss", kind: "number" }, { name: "model" }, { name: "" }],
          [...versions].reverse().map((version) =>
            h(
              "tr",
              { class: version === current ? "chosen" : false },
              h("td", { class: "number" }, version.number),
              h("td", { class: "number" }, version.time ? when(version.time) : ""),
              h("td", null, version.settings?.rule || version.strategy || ""),
              h("td", null, partsOf(version).length === 0 ? "the beginning" : partsOf(version).length === 1 ? "1 contribution" : `${partsOf(version).length} contributions`),
              h("td", { class: "number" }, percent(version.accuracy)),
              h("td", { class: "number" }, fixed(version.loss)),
              h("td", null, version.model ? model(version.model) : ""),
              h("td", null, version !== current && status !== "closed" && h("button", { type: "button", class: "small", onclick: () => confirm(`Go back to version ${version.number}?`) && act("rollback", { version: version.number }, changed) }, "Roll back")),
            ),
          ),
        ),
      ),
    Object.keys(settings).length > 0 && section("Settings", facts(flat(settings))),
  ];
}

export const page = {
  title: "Federations",

  enter(changed, which) {
    name = which;
    list = undefined;
    federation = undefined;
    versions = [];
    contributions = [];
    problem = undefined;
    acted = undefined;
    load(changed);
    if (name === undefined) {
      again = setInterval(() => !document.hidden && load(changed), 3000);
    } else {
      end = follow("/federations/" + encodeURIComponent(name) + "/events", { event: () => load(changed) });
    }
  },

  leave() {
    clearInterval(again);
    end();
    end = () => {};
  },

  view({ changed, width }) {
    if (name !== undefined) {
      return one(changed, width);
    }
    if (problem instanceof Problem && problem.status === 404 && !list) {
      return [heading("Federations"), empty("This node knows no federations.")];
    }
    return problem && !list ? [heading("Federations"), failure(problem)] : overview();
  },
};
