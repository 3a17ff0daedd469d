// Numbers, times and names as people read them.

const ABSENT = "–";

export function fixed(value, digits = 3) {
  return typeof value === "number" && Number.isFinite(value) ? value.toFixed(digits).replace(/^-(0\.?0*)$/, "$1") : ABSENT;
}

export function percent(value, digits = 2) {
  return typeof value === "number" && Number.isFinite(value) ? (100 * value).toFixed(digits) + " %" : ABSENT;
}

export function count(value) {
  return typeof value === "number" ? value.toLocaleString("en-US") : ABSENT;
}

export function bytes(value) {
  if (typeof value !== "number") {
    return ABSENT;
  }
  let amount = value;
  let unit = 0;
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  while (amount >= 1024 && unit < units.length - 1) {
    amount /= 1024;
    unit++;
  }
  return (unit === 0 ? amount : amount.toFixed(1)) + " " + units[unit];
}

/** A rate or a time of any size, with three digits that mean something. */
export function measure(value, unit = "") {
  if (typeof value !== "number" || !Number.isFinite(value)) {
    return ABSENT;
  }
  const text = Math.abs(value) >= 100 ? value.toFixed(0) : Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2);
  return text + (unit ? " " + unit : "");
}

/** Seconds as the unit that fits. */
export function seconds(value) {
  if (typeof value !== "number" || !Number.isFinite(value)) {
    return ABSENT;
  }
  if (value < 0.001) {
    return measure(value * 1e6, "µs");
  }
  if (value < 1) {
    return measure(value * 1e3, "ms");
  }
  if (value < 120) {
    return measure(value, "s");
  }
  const minutes = Math.floor(value / 60);
  return minutes < 120 ? minutes + " min" : Math.floor(minutes / 60) + " h " + (minutes % 60) + " min";
}

/** How long from one moment to another, in whole seconds. */
export function span(from, to) {
  const whole = Math.max(0, Math.round((new Date(to) - new Date(from)) / 1000));
  return whole < 120 ? whole + " s" : seconds(whole);
}

const two = (number) => String(number).padStart(2, "0");

export function clock(time) {
  const at = new Date(time);
  return two(at.getHours()) + ":" + two(at.getMinutes()) + ":" + two(at.getSeconds());
}

/** A moment in this place's time; the day only when it is not today. */
export function moment(time) {
  const at = new Date(time);
  const today = new Date().toDateString() === at.toDateString();
  const day = at.getFullYear() + "-" + two(at.getMonth() + 1) + "-" + two(at.getDate());
  return today ? clock(at) : day + " " + clock(at);
}

/** The beginning of a model's id. */
export function short(id) {
  return String(id).slice(0, 12);
}

/** akka://rebasin@127.0.0.1:25520 as 127.0.0.1:25520 */
export function host(address) {
  return String(address).replace(/^.*@/, "");
}
