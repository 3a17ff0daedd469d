// The node's interface: documents, streams of events, files in and out.

const KEY = "rebasin-token";
const SILENCE = 25_000;

let ask = () => Promise.reject(new Error("nobody asks for the token"));
let asking;

/** Who asks people for the token: a function whose promise is the token. */
export function askForTokenBy(asks) {
  ask = asks;
}

export function token() {
  return sessionStorage.getItem(KEY) || "";
}

export function forgetToken() {
  sessionStorage.removeItem(KEY);
}

async function newToken(refused) {
  // Of many requests that are refused at once only one asks, and none that was sent before another was given.
  if (refused !== token()) {
    return;
  }
  asking =
    asking ||
    ask(refused !== "").then(
      (given) => {
        sessionStorage.setItem(KEY, given);
        asking = undefined;
      },
      (problem) => {
        asking = undefined;
        throw problem;
      },
    );
  await asking;
}

/** What the server said is wrong: a problem document. */
export class Problem extends Error {
  constructor(status, document) {
    super(document.detail || document.title || "the server answered " + status);
    this.status = status;
    this.title = document.title || "";
  }
}

/** The server did not answer at all. */
export class Unreachable extends Error {
  constructor() {
    super("The node does not answer.");
  }
}

async function problemOf(response) {
  let document = {};
  try {
    document = await response.json();
  } catch {
    // Not from this server, or cut off; the status says enough.
  }
  return new Problem(response.status, document);
}

/** An answer with a good status; asks for the token where one is needed. */
export async function request(method, path, options = {}) {
  for (;;) {
    const shown = token();
    const headers = { ...options.headers };
    if (shown) {
      headers.Authorization = "Bearer " + shown;
    }
    let response;
    try {
      response = await fetch(path, {
        method,
        headers,
        body: options.body,
        signal: options.signal,
        cache: options.cache || "no-store",
      });
    } catch (problem) {
      if (problem.name === "AbortError") {
        throw problem;
      }
      throw new Unreachable();
    }
    if (response.status === 401) {
      await newToken(shown);
      continue;
    }
    if (!response.ok && !(options.accept || []).includes(response.status)) {
      throw await problemOf(response);
    }
    return response;
  }
}

export async function get(path, signal) {
  return (await request("GET", path, { signal })).json();
}

export async function send(method, path, document, headers = {}) {
  const body = document === undefined ? undefined : JSON.stringify(document);
  const type = body === undefined ? {} : { "Content-Type": "application/json" };
  const response = await request(method, path, { body, headers: { ...type, ...headers } });
  const text = await response.text();
  return text ? JSON.parse(text) : {};
}

/** When the page is looked at. */
function visible() {
  return document.hidden ? new Promise((resolve) => document.addEventListener("visibilitychange", resolve, { once: true })).then(visible) : Promise.resolve();
}

/**
 * Follows a stream of events, and takes it up again behind the last one whenever it breaks. Rests while
 * nobody looks: browsers open six connections to a server, for all their tabs together.
 *
 * @param on {event(name, data), opened(), lost(problem)}
 * @returns a function that ends it
 */
export function follow(path, on) {
  const end = new AbortController();
  run(path, on, end.signal);
  return () => end.abort();
}

async function run(path, on, signal) {
  let last = "";
  let pause = 1000;
  while (!signal.aborted) {
    await visible();
    const attempt = new AbortController();
    const stop = () => attempt.abort();
    let rests = false;
    const rest = (event) => {
      if (document.hidden || event.type === "pagehide") {
        rests = true;
        stop();
      }
    };
    signal.addEventListener("abort", stop);
    document.addEventListener("visibilitychange", rest);
    window.addEventListener("pagehide", rest);
    let watch;
    try {
      const response = await request("GET", path, {
        headers: { Accept: "text/event-stream", ...(last ? { "Last-Event-ID": last } : {}) },
        signal: attempt.signal,
      });
      if (signal.aborted) {
        return;
      }
      on.opened?.();
      if (response.status === 204) {
        return;
      }
      pause = 1000;
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      const events = parser((name, data, id) => {
        last = id || last;
        if (!signal.aborted) {
          on.event(name, data);
        }
      });
      for (;;) {
        clearTimeout(watch);
        watch = setTimeout(stop, SILENCE);
        const { done, value } = await reader.read();
        if (done) {
          break;
        }
        events(value);
      }
    } catch (problem) {
      if (signal.aborted) {
        return;
      }
      if (!rests) {
        on.lost?.(problem);
      }
      if (problem instanceof Problem && problem.status === 404) {
        return;
      }
    } finally {
      clearTimeout(watch);
      signal.removeEventListener("abort", stop);
      document.removeEventListener("visibilitychange", rest);
      window.removeEventListener("pagehide", rest);
    }
    await new Promise((resolve) => setTimeout(resolve, rests ? 50 : pause));
    pause = rests ? pause : Math.min(5000, pause * 1.5);
  }
}

/** Takes the text of a stream as it comes, and tells its events. */
export function parser(tell) {
  let rest = "";
  let name = "";
  let id = "";
  let data = [];
  return (text) => {
    const lines = (rest + text).split(/\r?\n/);
    rest = lines.pop();
    for (const line of lines) {
      if (line === "") {
        if (data.length > 0) {
          tell(name || "message", JSON.parse(data.join("\n")), id);
        }
        name = "";
        data = [];
      } else if (!line.startsWith(":")) {
        const colon = line.indexOf(":");
        const field = colon < 0 ? line : line.slice(0, colon);
        const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
        if (field === "event") {
          name = value;
        } else if (field === "data") {
          data.push(value);
        } else if (field === "id") {
          id = value;
        }
      }
    }
  };
}

const HASHED = 512 * 1024 * 1024;

/** The SHA-256 of a file in hexadecimal; undefined where the browser cannot, or the file is large. */
async function digest(file) {
  if (!globalThis.crypto?.subtle || file.size > HASHED) {
    return undefined;
  }
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
  return [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

const ATTEMPTS = 6;

/**
 * Stores a file as a model, in an upload that goes on where it broke off: by itself while the node comes
 * back soon, and else when this is called again.
 *
 * @param kept an object that this keeps what it needs in to go on; one for each file
 * @param progress hears "hashing", or a part between 0 and 1
 * @returns the model's document
 */
export async function upload(file, kept, progress) {
  if (kept.model) {
    progress(1);
    return kept.model;
  }
  progress("hashing");
  const id = await digest(file);
  let failures = 0;
  for (;;) {
    try {
      const offset = await place(file, id, kept);
      if (kept.stored) {
        kept.model = await get("/models/" + kept.stored + "/info");
        progress(1);
        return kept.model;
      }
      const shown = token();
      const answer = await append(file, offset, kept.place, shown, progress);
      if (answer.status === 200) {
        kept.model = answer.document;
        return kept.model;
      }
      if (answer.status === 401) {
        await newToken(shown);
      } else if (answer.status !== 204 && answer.status !== 409) {
        kept.place = undefined;
        throw new Problem(answer.status, answer.document);
      }
      failures = 0;
    } catch (problem) {
      if (!(problem instanceof Unreachable) || ++failures >= ATTEMPTS) {
        throw problem;
      }
      await new Promise((resolve) => setTimeout(resolve, 500 * 2 ** failures));
    }
  }
}

/** Where an upload is, of which the node may know already; begins it if not. */
async function place(file, id, kept) {
  if (kept.place) {
    const response = await request("GET", kept.place, { accept: [404] });
    if (response.ok) {
      const document = await response.json();
      kept.stored = document.model;
      return document.offset;
    }
  }
  const digest = id ? { "X-Content-SHA256": id } : {};
  const response = await request("POST", "/uploads", { headers: { "Upload-Length": String(file.size), ...digest } });
  kept.place = response.headers.get("Location");
  return 0;
}

// fetch does not tell how much of a request has been sent.
function append(file, offset, address, shown, progress) {
  return new Promise((resolve, reject) => {
    const sent = new XMLHttpRequest();
    sent.open("PATCH", address);
    sent.setRequestHeader("Content-Type", "application/offset+octet-stream");
    sent.setRequestHeader("Upload-Offset", String(offset));
    if (shown) {
      sent.setRequestHeader("Authorization", "Bearer " + shown);
    }
    sent.upload.onprogress = (event) => progress((offset + event.loaded) / file.size);
    sent.onerror = () => reject(new Unreachable());
    sent.onload = () => {
      let document = {};
      try {
        document = JSON.parse(sent.responseText);
      } catch {
        // The status says enough.
      }
      resolve({ status: sent.status, document });
    };
    sent.send(file.slice(offset));
  });
}

/** Has the browser save a model as a file. */
export async function download(id, name) {
  // Without a token the browser fetches it by itself, whatever its size.
  let address = "/models/" + id;
  if (token()) {
    const response = await request("GET", address, { cache: "default" });
    address = URL.createObjectURL(await response.blob());
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  }
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
}
