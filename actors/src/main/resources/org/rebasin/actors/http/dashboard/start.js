// A merge from two files.

import { h } from "./dom.js";
import { get, send, upload } from "./api.js";
import { heading, failure, command } from "./parts.js";
import { bytes, percent } from "./format.js";

const METHODS = [
  ["weight", "weights alone; needs no data"],
  ["activation", "what units do on the training images"],
  ["activation-pearson", "the same, by correlation"],
  ["straight-through", "training the midpoint"],
  ["none", "nothing: a naive average"],
];
const STRATEGIES = [
  ["to-reference", "the second to the first"],
  ["merge-many", "each to the mean of the others"],
  ["cycle-consistent", "all at once"],
];

let files = [undefined, undefined];
let parts = ["", ""];
/** What is known of each file's upload. */
let uploads = [{}, {}];
let choice;
let data = [];
let busy = false;
let problem;
/** Names this start, so that pressing twice, or again after a break, begins one merge. */
let key;

function choose(i, file, changed) {
  files[i] = file;
  parts[i] = "";
  uploads[i] = {};
  key = undefined;
  problem = undefined;
  changed();
}

function fileField(i, changed) {
  const file = files[i];
  const which = i === 0 ? "Model A, the reference" : "Model B";
  const part = parts[i];
  return h(
    "label",
    {
      class: "drop" + (file ? " full" : ""),
      ondragover: (event) => {
        event.preventDefault();
        event.currentTarget.classList.add("over");
      },
      ondragleave: (event) => event.currentTarget.classList.remove("over"),
      ondrop: (event) => {
        event.preventDefault();
        event.currentTarget.classList.remove("over");
        const dropped = [...event.dataTransfer.files];
        if (dropped.length > 1) {
          // Both at once, wherever they fall.
          files = [dropped[0], dropped[1]];
          parts = ["", ""];
          uploads = [{}, {}];
          key = undefined;
          changed();
        } else if (dropped.length === 1) {
          choose(i, dropped[0], changed);
        }
      },
    },
    h("span", { class: "label" }, which),
    h("input", { type: "file", id: "file-" + (i === 0 ? "a" : "b"), accept: ".safetensors,.npz", disabled: busy, onchange: (event) => event.target.files[0] && choose(i, event.target.files[0], changed) }),
    h("span", { class: "quiet" }, file ? `${file.name}, ${bytes(file.size)}` : "Choose a .safetensors or .npz file, or drop it here."),
    h("progress", { max: 1, value: typeof part === "number" ? part : 0, "aria-label": which + ": uploaded", class: part === "" ? "away" : "" }),
    h("span", { class: "quiet" }, part === "" ? "" : part === "hashing" ? "reading" : part === 1 ? "stored" : percent(part, 0)),
  );
}

function select(name, title, options, changed) {
  return h(
    "label",
    null,
    h("span", { class: "label" }, title),
    h(
      "select",
      {
        name,
        disabled: busy,
        onchange: (event) => {
          choice[name] = event.target.value;
          key = undefined;
          changed();
        },
      },
      options.map(([value, text]) => h("option", { value, selected: choice[name] === value }, text ? `${value || "none"}: ${text}` : value)),
    ),
  );
}

function input(name, title, properties) {
  return h(
    "label",
    null,
    h("span", { class: "label" }, title),
    h("input", {
      name,
      disabled: busy,
      value: choice[name],
      oninput: (event) => {
        choice[name] = event.target.value;
        key = undefined;
      },
      ...properties,
    }),
  );
}

/** What the interface is asked, of what was chosen. */
export function mergeRequest(models, chosen) {
  const document = { models, method: chosen.method, strategy: chosen.strategy, seed: Number(chosen.seed) || 0 };
  if (chosen.data) {
    document.data = chosen.data + (chosen.selection ? "#" + chosen.selection : "");
    if (Number(chosen.points) > 0 && chosen.strategy === "to-reference") {
      document.points = Number(chosen.points);
    }
    if (chosen.correction) {
      document[chosen.correction] = true;
    }
  }
  if (chosen.label) {
    document.label = chosen.label;
  }
  return document;
}

function reasonAgainst() {
  if (!files[0] || !files[1]) {
    return "Choose two files of one architecture.";
  }
  if (!choice.data && ["activation", "activation-pearson", "straight-through"].includes(choice.method)) {
    return `The method ${choice.method} needs data.`;
  }
  if (choice.strategy !== "to-reference" && choice.method !== "weight") {
    return `The strategy ${choice.strategy} matches weights: choose the method weight.`;
  }
  return "";
}

async function start(changed) {
  busy = true;
  problem = undefined;
  key = key || [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  changed();
  try {
    const models = [];
    for (const i of [0, 1]) {
      const stored = await upload(files[i], uploads[i], (part) => {
        parts[i] = part;
        changed();
      });
      parts[i] = 1;
      models.push(stored.id);
    }
    const merge = await send("POST", "/merges", mergeRequest(models, choice), { "Idempotency-Key": key });
    files = [undefined, undefined];
    parts = ["", ""];
    uploads = [{}, {}];
    key = undefined;
    location.hash = "#/merges/" + merge.id;
  } catch (thrown) {
    problem = thrown;
  }
  busy = false;
  changed();
}

export const page = {
  title: "Start a merge",

  enter(changed) {
    choice = choice || { method: "weight", strategy: "to-reference", data: "", selection: "", points: "11", seed: "0", label: "", correction: "" };
    get("/data").then(
      (document) => {
        data = document.names;
        changed();
      },
      (thrown) => {
        problem = thrown;
        changed();
      },
    );
  },

  view({ changed }) {
    const against = reasonAgainst();
    return [
      heading("Start a merge"),
      h(
        "form",
        {
          class: "start",
          onsubmit: (event) => {
            event.preventDefault();
            if (!busy && !reasonAgainst()) {
              start(changed);
            }
          },
        },
        h("div", { class: "drops" }, fileField(0, changed), fileField(1, changed)),
        h(
          "div",
          { class: "fields" },
          select("method", "Method", METHODS, changed),
          select("strategy", "Strategy", STRATEGIES, changed),
          select("data", "Data", [["", "no evaluation, no curve"], ...data.map((name) => [name, ""])], changed),
          choice.data && input("selection", "Of it", { placeholder: "train=5000,test=1000", autocomplete: "off" }),
          choice.data &&
            choice.strategy === "to-reference" &&
            select("points", "Curve", [["0", "none"], ["5", "points"], ["11", "points"], ["25", "points"]], changed),
          choice.data && select("correction", "Correction", [["", "as averaged"], ["repair", "every unit's mean and deviation"], ["recalibrate", "batch norm's statistics"]], changed),
          input("seed", "Seed", { type: "number", min: 0, step: 1 }),
          input("label", "Label", { maxlength: 200, autocomplete: "off", placeholder: "for people" }),
        ),
        h("div", { class: "buttons" }, h("button", { type: "submit", class: "first", id: "start", disabled: busy || against !== "" }, busy ? "Uploading …" : "Start"), h("span", { class: "quiet" }, against)),
        problem && failure(problem),
        problem && !busy && h("p", { class: "quiet" }, "Press Start to go on: what has arrived is not sent again."),
      ),
      h("p", { class: "quiet" }, "More than two models, or more options:"),
      command(`./rebasin submit a.safetensors b.safetensors c.safetensors --url ${location.origin}`),
    ];
  },
};
