// Drawings: lines over an axis, and bars. Each has its numbers beside it as text.

import { h, s } from "./dom.js";

const MARGIN = { top: 12, right: 14, bottom: 30, left: 46 };

/** Round values that cover a range. */
export function ticks(low, high, wanted) {
  if (!(high > low)) {
    return [low];
  }
  const rough = (high - low) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((m) => m * power).find((each) => each >= rough * 0.999);
  const all = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) {
    all.push(i * step);
  }
  return all;
}

function label(value, step) {
  const digits = Math.max(0, Math.min(6, -Math.floor(Math.log10(step || 1) + 1e-9)));
  const more = Math.abs(Math.round(step * 10 ** digits) - step * 10 ** digits) > 1e-6 ? 1 : 0;
  return Math.abs(value) >= 10000 ? value.toLocaleString("en-US", { maximumFractionDigits: 0 }) : value.toFixed(digits + more);
}

/**
 * Lines.
 *
 * @param options {width, height, title, xs, xTitle, yTitle, xText, yText, whole, zero, series: [{name,
 *     kind, ys, dashed}]}; kinds are classes of the style sheet; `whole` for ticks at whole numbers alone;
 *     `zero` begins the vertical axis at 0
 */
export function lineChart(options) {
  const { xs, series, title } = options;
  const width = Math.max(240, Math.round(options.width));
  const height = options.height || 240;
  const drawn = series.filter((line) => line.ys.some(Number.isFinite));
  const values = drawn.flatMap((line) => line.ys).filter(Number.isFinite);
  if (values.length === 0) {
    return h("p", { class: "empty" }, "Nothing was measured.");
  }
  let low = options.zero ? Math.min(0, ...values) : Math.min(...values);
  let high = Math.max(...values);
  if (high - low < 1e-9) {
    const pad = Math.abs(high) * 0.02 || 0.5;
    low -= options.zero ? 0 : pad;
    high += pad;
  }
  const pad = (high - low) * 0.06;
  high += pad;
  low -= options.zero && low === 0 ? 0 : pad;
  const left = Math.min(...xs);
  const right = Math.max(...xs);
  const yTicks = ticks(low, high, Math.max(2, Math.round(height / 55)));
  const yStep = yTicks.length > 1 ? yTicks[1] - yTicks[0] : high - low;
  const margin = {
    ...MARGIN,
    left: 14 + 6.6 * Math.max(...yTicks.map((value) => label(value, yStep).length)),
  };
  const x = (value) =>
    right === left
      ? (margin.left + width - margin.right) / 2
      : margin.left + ((value - left) / (right - left)) * (width - margin.left - margin.right);
  const y = (value) => height - margin.bottom - ((value - low) / (high - low)) * (height - margin.top - margin.bottom);

  let xTicks = ticks(left, right, Math.max(2, Math.round(width / 90)));
  if (options.whole) {
    xTicks = xTicks.filter((value) => Math.abs(value - Math.round(value)) < 1e-9);
  }
  const xStep = xTicks.length > 1 ? xTicks[1] - xTicks[0] : 1;
  const grid = s(
    "g",
    { class: "grid" },
    yTicks.map((value) => [
      s("line", { x1: margin.left, x2: width - margin.right, y1: y(value), y2: y(value) }),
      s("text", { x: margin.left - 7, y: y(value) + 4, "text-anchor": "end" }, label(value, yStep)),
    ]),
    xTicks.map((value) =>
      s("text", { x: x(value), y: height - margin.bottom + 16, "text-anchor": "middle" }, options.whole ? String(Math.round(value)) : label(value, xStep)),
    ),
    s("line", { class: "axis", x1: margin.left, x2: width - margin.right, y1: height - margin.bottom, y2: height - margin.bottom }),
  );
  const lines = drawn.map((line) => {
    const path = line.ys
      .map((value, i) => [xs[i], value])
      .filter(([, value]) => Number.isFinite(value))
      .map(([at, value], i) => (i === 0 ? "M" : "L") + x(at).toFixed(1) + " " + y(value).toFixed(1))
      .join("");
    const dots =
      xs.length <= 40
        ? line.ys.map((value, i) => Number.isFinite(value) && s("circle", { cx: x(xs[i]).toFixed(1), cy: y(value).toFixed(1), r: line.dashed ? 0 : 2.4 }))
        : [];
    return s("g", { class: "line " + line.kind + (line.dashed ? " dashed" : "") }, s("path", { d: path }), dots);
  });
  const cursor = s("line", { class: "cursor", y1: margin.top, y2: height - margin.bottom, visibility: "hidden" });
  const drawing = s(
    "svg",
    { class: "chart", width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": title },
    grid,
    options.xTitle && s("text", { class: "axis-title", x: width - margin.right, y: height - 2, "text-anchor": "end" }, options.xTitle),
    cursor,
    lines,
  );
  const xText = options.xText || ((value) => label(value, 0.01));
  const yText = options.yText || ((value) => value.toFixed(3));
  const readings = drawn.map((line) => h("span", { class: "reading" }));
  const where = h("span", { class: "where" });
  const rest = () => {
    cursor.setAttribute("visibility", "hidden");
    where.textContent = options.yTitle || "";
    readings.forEach((reading) => (reading.textContent = ""));
  };
  drawing.onpointermove = (event) => {
    const at = event.clientX - drawing.getBoundingClientRect().left;
    let nearest = 0;
    xs.forEach((value, i) => {
      if (Math.abs(x(value) - at) < Math.abs(x(xs[nearest]) - at)) {
        nearest = i;
      }
    });
    cursor.setAttribute("x1", x(xs[nearest]));
    cursor.setAttribute("x2", x(xs[nearest]));
    cursor.setAttribute("visibility", "visible");
    where.textContent = (options.xTitle ? options.xTitle + " " : "") + xText(xs[nearest]);
    drawn.forEach((line, i) => {
      readings[i].textContent = Number.isFinite(line.ys[nearest]) ? yText(line.ys[nearest]) : "";
    });
  };
  drawing.onpointerleave = rest;
  rest();
  const legend = h(
    "p",
    { class: "legend" },
    where,
    drawn.map((line, i) => h("span", { class: "key " + line.kind + (line.dashed ? " dashed" : "") }, h("i"), line.name, " ", readings[i])),
  );
  const table = h(
    "details",
    { class: "numbers" },
    h("summary", null, "Numbers"),
    h(
      "div",
      { class: "scroll" },
      h(
        "table",
        null,
        h("thead", null, h("tr", null, h("th", { scope: "col", class: "number" }, options.xTitle || "x"), drawn.map((line) => h("th", { scope: "col", class: "number" }, line.name)))),
        h(
          "tbody",
          null,
          xs.map((value, i) =>
            h("tr", null, h("td", { class: "number" }, xText(value)), drawn.map((line) => h("td", { class: "number" }, Number.isFinite(line.ys[i]) ? yText(line.ys[i]) : "–"))),
          ),
        ),
      ),
    ),
  );
  return h(
    "figure",
    { class: "plot", "data-still": JSON.stringify([width, height, title, xs, drawn.map((line) => [line.name, line.ys])]) },
    legend,
    drawing,
    table,
  );
}

/** A part of a whole as a bar. */
export function bar(part, text, kind = "") {
  const fraction = Math.max(0, Math.min(1, Number.isFinite(part) ? part : 0));
  return s(
    "svg",
    { class: "bar " + kind, role: "img", "aria-label": text, preserveAspectRatio: "none", viewBox: "0 0 100 8" },
    s("rect", { class: "whole", x: 0, y: 0, width: 100, height: 8 }),
    s("rect", { class: "part", x: 0, y: 0, width: 100 * fraction, height: 8 }),
  );
}

/** As many squares as there are places, the first of them taken. */
export function places(taken, all, text) {
  const shown = Math.min(all, 32);
  return s(
    "svg",
    { class: "places", role: "img", "aria-label": text, width: shown * 11, height: 10, viewBox: `0 0 ${shown * 11} 10` },
    Array.from({ length: shown }, (_, i) => s("rect", { class: i < taken ? "taken" : "free", x: i * 11 + 0.5, y: 0.5, width: 9, height: 9, rx: 1.5 })),
  );
}
