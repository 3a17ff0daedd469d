// Elements, made of data and never of markup: text stays text, whoever wrote it.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties || {})) {
    if (value === undefined || value === null || value === false) {
      continue;
    }
    if (name.startsWith("on")) {
      element[name] = value;
    } else if (name === "value" || name === "checked" || name === "disabled") {
      element[name] = value;
      if (value === true) {
        element.setAttribute(name, "");
      }
    } else {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  for (const child of children.flat(Infinity)) {
    if (child !== undefined && child !== null && child !== false) {
      element.append(child instanceof Node ? child : String(child));
    }
  }
  return element;
}

/** An element: `h("p", {class: "quiet"}, "text", other)`. Handlers are named onclick and so on. */
export function h(tag, properties, ...children) {
  return fill(document.createElement(tag), properties, children);
}

/** An element of a drawing. */
export function s(tag, properties, ...children) {
  return fill(document.createElementNS(SVG, tag), properties, children);
}

const HANDLERS = ["onclick", "onchange", "oninput", "onsubmit", "ondragover", "ondragleave", "ondrop"];

/**
 * Brings an element to what another one is, changing as little as possible: focus, selection and what
 * is being typed stay. An element with `data-still` is left alone while that value is the same, and
 * replaced when it is another.
 */
export function morph(old, fresh) {
  if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName) {
    old.replaceWith(fresh);
    return;
  }
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data) {
      old.data = fresh.data;
    }
    return;
  }
  if (old.nodeType !== Node.ELEMENT_NODE) {
    return;
  }
  const still = old.getAttribute("data-still");
  const next = fresh.getAttribute("data-still");
  if (still !== null || next !== null) {
    if (still !== next) {
      old.replaceWith(fresh);
    }
    return;
  }
  for (const { name } of [...old.attributes]) {
    // A reader who opened something keeps it open.
    if (!fresh.hasAttribute(name) && !(name === "open" && old.nodeName === "DETAILS")) {
      old.removeAttribute(name);
    }
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) {
      old.setAttribute(name, value);
    }
  }
  for (const handler of HANDLERS) {
    old[handler] = fresh[handler];
  }
  if ("disabled" in old) {
    old.disabled = fresh.disabled;
  }
  morphChildren(old, fresh);
}

/** As morph, for the children alone. */
export function morphChildren(old, fresh) {
  const wanted = [...fresh.childNodes];
  while (old.childNodes.length > wanted.length) {
    old.lastChild.remove();
  }
  wanted.forEach((child, i) => {
    if (i < old.childNodes.length) {
      morph(old.childNodes[i], child);
    } else {
      old.append(child);
    }
  });
}
