// The nodes, what they do, and how they are.

import { h } from "./dom.js";
import { places } from "./charts.js";
import { heading, section, empty, state, table, facts, command } from "./parts.js";
import { clock, host } from "./format.js";

const ROLES = ["trainer", "collector", "solver", "evaluator"];

/** Nodes that were seen and are there no more, by address: when they were missed. */
const gone = new Map();
const seen = new Map();

/** Remembers who was there, so that a node that was lost does not silently vanish. */
export function remember(cluster) {
  const present = new Set(cluster.members.map((member) => member.address));
  cluster.members.forEach((member) => {
    seen.set(member.address, member);
    gone.delete(member.address);
  });
  for (const address of seen.keys()) {
    if (!present.has(address) && !gone.has(address)) {
      gone.set(address, new Date());
    }
  }
}

function health(member) {
  if (gone.has(member.address)) {
    return "removed";
  }
  return member.reachable ? member.status : "unreachable";
}

function doing(load, address, role) {
  const found = load?.workers?.find((workers) => workers.node === address && workers.role === role);
  return found || { workers: 0, working: 0 };
}

function row(member, load) {
  const lost = gone.get(member.address);
  return h(
    "tr",
    { class: member.reachable && !lost ? false : "lost" },
    h("th", { scope: "row" }, host(member.address)),
    h("td", null, state(health(member)), lost && h("span", { class: "quiet" }, " since " + clock(lost))),
    h("td", null, member.roles.includes("coordinator") ? "yes" : ""),
    ROLES.map((role) => {
      const { workers, working } = lost ? { workers: 0, working: 0 } : doing(load, member.address, role);
      if (!member.roles.includes(role)) {
        return h("td", { class: "number quiet" }, "–");
      }
      return h("td", { class: "number" }, workers ? [places(working, workers, `${working} of ${workers} busy`), " ", `${working}/${workers}`] : h("span", { class: "quiet" }, "0"));
    }),
  );
}

function loadByRole(load) {
  return table(
    [{ name: "role" }, { name: "running", kind: "number" }, { name: "queued", kind: "number" }, { name: "workers", kind: "number" }],
    ROLES.map((role) => {
      const own = (load.workers || []).filter((workers) => workers.role === role);
      const sum = (of) => own.reduce((total, workers) => total + workers[of], 0);
      const queued = (load.waiting || []).find((waiting) => waiting.role === role)?.tasks || 0;
      return h(
        "tr",
        null,
        h("th", { scope: "row" }, role),
        h("td", { class: "number" }, sum("working")),
        h("td", { class: "number" + (queued && !sum("workers") ? " warn" : "") }, queued),
        h("td", { class: "number" }, sum("workers")),
      );
    }),
    { class: "roles" },
  );
}

export const page = {
  title: "Cluster",

  view({ cluster }) {
    if (!cluster) {
      return [heading("Cluster"), h("p", { class: "empty" }, "Asking the node …")];
    }
    const missing = [...gone.keys()].map((address) => seen.get(address));
    const members = [...cluster.members, ...missing].sort((one, other) => (one.address < other.address ? -1 : 1));
    const up = cluster.members.filter((member) => member.reachable && member.status === "up").length;
    const bad = members.length - up;
    const running = (cluster.load?.workers || []).reduce((sum, workers) => sum + workers.working, 0);
    const queued = (cluster.load?.waiting || []).reduce((sum, waiting) => sum + waiting.tasks, 0);
    return [
      heading("Cluster"),
      facts([
        ["nodes up", String(up)],
        ["not up", h("span", { class: bad ? "warn" : "" }, String(bad))],
        ["tasks running", cluster.load ? String(running) : "unknown"],
        ["tasks queued", cluster.load ? String(queued) : "unknown"],
      ]),
      section(
        "Nodes",
        table(
          [{ name: "node" }, { name: "health" }, { name: "coordinator" }, ...ROLES.map((role) => ({ name: role + "s busy", kind: "number" }))],
          members.map((member) => row(member, cluster.load)),
          { class: "nodes" },
        ),
        cluster.members.length === 1 &&
          h("p", { class: "quiet" }, "One node is a cluster of one: nothing is kept twice. ", h("code", null, "deploy/local-cluster start"), " starts three on one machine."),
      ),
      section(
        "Work by role",
        cluster.load
          ? loadByRole(cluster.load)
          : empty("The work queue does not answer: its coordinator may just be moving to another node.", command("./rebasin status")),
      ),
    ];
  },
};
