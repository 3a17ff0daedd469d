// What this node's actors do: mailboxes, rates, restarts.

import { h } from "./dom.js";
import { get } from "./api.js";
import { heading, empty, command, failure } from "./parts.js";
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
  ["actor", "actor"],
  ["mailbox", "mailbox"],
  ["messages_per_second", "messages/s"],
  ["time_in_mailbox", "waits"],
  ["processing_time", "takes"],
  ["restarts", "restarts"],
  ["failures", "failures"],
];

const named = (actor) => actor.actor + (actor.worker ? " " + actor.worker : "");

function sorted(actors) {
  const byName = (one, other) => named(one).localeCompare(named(other));
  return [...actors].sort((one, other) => (order === "actor" ? 0 : (other[order] ?? -1) - (one[order] ?? -1)) || byName(one, other));
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
          "Telemetry is off on this node: nothing is measured of its actors. Turn it on in the node's configuration, on Java 17 to 21, and start the node again:",
          command("rebasin.telemetry.enabled = on"),
        ),
      ];
    }
    return [
      heading("Actors"),
      h("p", { class: "quiet" }, "Of this node, over the last interval; restarts and failures of all of a kind, since it started. The full measurements are on the management port, for Prometheus."),
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
                      { scope: "col", class: key === "actor" ? false : "number", "aria-sort": order === key ? (key === "actor" ? "ascending" : "descending") : false },
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
                    h("th", { scope: "row" }, named(actor)),
                    h("td", { class: "number" + (actor.mailbox > 100 ? " warn" : "") }, count(actor.mailbox)),
                    h("td", { class: "number" }, measure(actor.messages_per_second)),
                    h("td", { class: "number" }, seconds(actor.time_in_mailbox)),
                    h("td", { class: "number" }, seconds(actor.processing_time)),
                    h("td", { class: "number" + (actor.restarts > 0 ? " warn" : "") }, count(actor.restarts)),
                    h("td", { class: "number" + (actor.failures > 0 ? " warn" : "") }, count(actor.failures)),
                  ),
                ),
              ),
            ),
          ),
    ];
  },
};
