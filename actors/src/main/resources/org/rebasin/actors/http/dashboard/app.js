// The page: which one is shown, what all of them know, and whether the node is there.

import { h, morphChildren } from "./dom.js";
import { follow, request, askForTokenBy, token, forgetToken } from "./api.js";
import { clock } from "./format.js";
import { page as cluster, remember } from "./cluster.js";
import { page as merges } from "./merges.js";
import { page as merge } from "./merge.js";
import { page as start } from "./start.js";
import { page as federations } from "./federations.js";
import { page as actors } from "./actors.js";

const PAGES = [
  ["cluster", "Cluster", cluster],
  ["merges", "Jobs", merges],
  ["start", "Start", start],
  ["federations", "Federations", federations],
  ["actors", "Actors", actors],
];

const main = document.getElementById("main");
const banner = document.getElementById("banner");
const live = document.getElementById("live");
const known = { cluster: undefined, merges: undefined };

let current;
let place;
let lost;
let scheduled = false;

function find() {
  const [name, argument] = location.hash.replace(/^#\/?/, "").split("/");
  let decoded;
  try {
    decoded = argument ? decodeURIComponent(argument) : undefined;
  } catch {
    decoded = argument;
  }
  if (name === "merges" && decoded) {
    return [merge, decoded, "merges"];
  }
  const entry = PAGES.find(([each]) => each === name) || PAGES[0];
  return [entry[2], decoded, entry[0]];
}

function navigate() {
  const hash = location.hash;
  if (hash === "#main") {
    return;
  }
  current?.leave?.();
  const [page, argument, name] = find();
  const isFirst = current === undefined;
  current = page;
  place = name;
  document.title = page.title + " – Rebasin";
  page.enter?.(changed, argument);
  main.replaceChildren();
  draw();
  window.scrollTo(0, 0);
  if (!isFirst) {
    // Who listens to the page hears that it is another.
    main.focus({ preventScroll: true });
  }
}

function pages() {
  return PAGES.map(([name, text]) => h("a", { href: "#/" + name, "aria-current": name === place ? "page" : false }, text));
}

function draw() {
  scheduled = false;
  const context = { ...known, changed, width: main.clientWidth - inset() };
  const fresh = h("main", null, current.view(context));
  morphChildren(main, fresh);
  morphChildren(document.getElementById("pages"), h("nav", null, pages()));
}

function inset() {
  const style = getComputedStyle(main);
  return parseFloat(style.paddingLeft) + parseFloat(style.paddingRight);
}

/** Draws again soon; many changes at once make one drawing. */
function changed() {
  if (!scheduled) {
    scheduled = true;
    setTimeout(draw, 30);
  }
}

function connection() {
  live.className = "live " + (lost ? "off" : known.cluster ? "on" : "");
  live.textContent = lost ? "not connected" : known.cluster ? "live" : "";
  const content = lost
    ? h("div", null, h("p", { class: "lost" }, `The connection to the node was lost at ${clock(lost)}; what is shown may be old. Trying again …`))
    : h("div");
  morphChildren(banner, content);
  document.body.classList.toggle("stale", Boolean(lost));
}

/** Asks for the token, in a dialog that cannot be missed. */
function askForToken(again) {
  return new Promise((resolve) => {
    const field = h("input", { type: "password", id: "token", name: "token", autocomplete: "off", required: true, "aria-describedby": "token-why" });
    const dialog = h(
      "dialog",
      { "aria-labelledby": "token-title" },
      h(
        "form",
        {
          onsubmit: (event) => {
            event.preventDefault();
            const given = field.value.trim();
            if (given) {
              dialog.close();
              dialog.remove();
              resolve(given);
            }
          },
        },
        h("h2", { id: "token-title" }, "Token"),
        h("p", { id: "token-why" }, again ? "The node did not accept that token. " : "This node wants a token. ", "It stands in the file that ", h("code", null, "rebasin.http.token-file"), " names, and is kept here until this tab is closed."),
        h("label", null, h("span", { class: "label" }, "Token"), field),
        h("div", { class: "buttons" }, h("button", { type: "submit", class: "first" }, "Continue")),
      ),
    );
    dialog.oncancel = (event) => event.preventDefault();
    document.body.append(dialog);
    dialog.showModal();
    field.focus();
  });
}

askForTokenBy((again) => {
  if (again) {
    forgetToken();
  }
  return askForToken(again);
});

follow("/updates", {
  opened() {
    lost = undefined;
    connection();
  },
  event(name, document) {
    known[name] = document;
    if (name === "cluster") {
      remember(document);
      connection();
    }
    if (current === cluster || current === merges) {
      changed();
    }
  },
  lost() {
    lost = lost || new Date();
    connection();
  },
});

document.getElementById("skip").onclick = (event) => {
  event.preventDefault();
  main.focus();
};
document.getElementById("description").onclick = (event) => {
  // A link shows no token.
  if (token()) {
    event.preventDefault();
    request("GET", "/openapi.json")
      .then((response) => response.blob())
      .then((blob) => (location.href = URL.createObjectURL(blob)));
  }
};
// What runs gets older without anything happening.
setInterval(() => (current === merges || current === merge) && changed(), 1000);
new ResizeObserver(() => current && changed()).observe(main);
window.addEventListener("hashchange", navigate);
navigate();
