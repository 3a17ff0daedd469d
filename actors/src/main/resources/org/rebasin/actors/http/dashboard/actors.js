// What this node's actors do: mailboxes, rates, restarts.

import { h } from "./dom.js";
import { get } from "./api.js";
import { heading, section, empty, command, table, failure } from "./parts.js";
import { measure, seconds, count } from "./format.js";

let telemetry;
let problem;
let again;
let order = "mailbox";

async function load(changed) {
  try {
    telemetry = await get("/telemetry");
    problem = undefined;
  } catch (thrown) {
    problem = thrown;
  }
  changed();
}

const COLUMNS = [
  ["name", "actor"],
  ["mailbox", "mailbox"],
  ["messages_per_second", "messages/s"],
  ["time_in_mailbox", "waits"],
  ["processing_time", "takes"],
  ["restarts", "restarts"],
  ["errors", "errors"],
];

function sorted(actors) {
  return [...actors].sort((one, other) => (order === "name" ? one.name.localeCompare(other.name) : (other[order] ?? -1) - (one[order] ?? -1) || one.name.localeCompare(other.name)));
}

export const page = {
  title: "Actors",

  enter(changed) {
    telemetry = undefined;
    load(changed);
    again = setInterval(() => !document.hidden && load(changed), 3000);
  },

  leave() {
    clearInterval(again);
  },

  view({ changed }) {
    if (!telemetry) {
      return [heading("Actors"), problem ? failure(problem) : h("p", { class: "empty" }, "Asking the node …")];
    }
    if (!telemetry.on) {
      return [
        heading("Actors"),
        empty(
          "Telemetry is off on this node: " + telemetry.note + ".",
          h("p", null, "Where a node measures its actors, their mailboxes, rates and restarts stand here. What a node answers:"),
          command(`curl -fsS ${location.origin}/telemetry`),
        ),
      ];
    }
    return [
      heading("Actors"),
      h("p", { class: "quiet" }, "Of this node, over the last interval.", telemetry.note ? " " + telemetry.note : ""),
      problem && failure(problem),
      telemetry.actors.length === 0
        ? empty("Nothing has been measured yet; the first interval is not over.")
        : h(
            "div",
            { class: "scroll" },
            h(
              "table",
              { class: "actors" },
              h(
                "thead",
                null,
                h(
                  "tr",
                  null,
                  COLUMNS.map(([key, name]) =>
                    h(
                      "th",
                      { scope: "col", class: key === "name" ? false : "number", "aria-sort": order === key ? (key === "name" ? "ascending" : "descending") : false },
                      h(
                        "button",
                        {
                          type: "button",
                          class: "sort",
                          onclick: () => {
                            order = key;
                            changed();
                          },
                        },
                        name,
                      ),
                    ),
                  ),
                ),
              ),
              h(
                "tbody",
                null,
                sorted(telemetry.actors).map((actor) =>
                  h(
                    "tr",
                    null,
                    h("th", { scope: "row" }, h("code", null, actor.name)),
                    h("td", { class: "number" + (actor.mailbox > 100 ? " warn" : "") }, measure(actor.mailbox)),
                    h("td", { class: "number" }, measure(actor.messages_per_second)),
                    h("td", { class: "number" }, seconds(actor.time_in_mailbox)),
                    h("td", { class: "number" }, seconds(actor.processing_time)),
                    h("td", { class: "number" + (actor.restarts > 0 ? " warn" : "") }, count(actor.restarts)),
                    h("td", { class: "number" + (actor.errors > 0 ? " warn" : "") }, count(actor.errors)),
                  ),
                ),
              ),
            ),
          ),
      Object.keys(telemetry.values).length > 0 &&
        section(
          "Measurements",
          table(
            [{ name: "name" }, { name: "value", kind: "number" }],
            Object.entries(telemetry.values).map(([name, value]) => h("tr", null, h("th", { scope: "row" }, h("code", null, name)), h("td", { class: "number" }, measure(value)))),
          ),
        ),
    ];
  },
};
