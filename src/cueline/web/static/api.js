// The service, as `/openapi.json` describes it; or what a file holds of its answers.
//
// A call whose answer is lost is made again with the same key: the service does nothing twice for a key.

const held = JSON.parse(document.getElementById("held")?.textContent ?? "null");
const AGAIN = [300, 1000, 2500]; // milliseconds before each further try
const PASSING = new Set([429, 502, 503, 504]); // statuses that may be others a moment later

/** Whether this is a file that holds its answers, with no service behind it. */
export const alone = held !== null;

/** What the service refused, in its own words; status 0 where it does not answer. */
export class Problem extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

export const get = (path) => call("GET", path);
/** `key` makes a retry the same, not another; who wants to try again later keeps it. */
export const post = (path, content = {}, key = newKey()) => call("POST", path, content, key);
export const put = (path, content) => call("PUT", path, content);
export const erase = (path, key = newKey()) => call("DELETE", path, undefined, key);

/** What stands at a path, as it is. */
export const text = async (path) => (await send("GET", path, {})).text();

/** Letters that nobody has used before. */
export const newKey = () => Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("-");

/** Use an API key from now on, for as long as the tab is open. */
export function unlock(key) {
  sessionStorage.setItem("key", key);
}

/** `name=value&...` of what is not empty. */
export function query(values) {
  const filled = Object.entries(values).filter(([, value]) => value !== "" && value != null);
  return new URLSearchParams(filled).toString();
}

/** The events of a stream, each as it comes, until it ends or `signal` ends it. */
export async function* stream(path, signal) {
  const answer = await send("GET", path, { signal });
  if (!answer.body) return;
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let text = ""; ; ) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (text + value).split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) {
      const data = block.split("\n").filter((line) => line.startsWith("data: "));
      if (data.length) yield JSON.parse(data.map((line) => line.slice(6)).join("\n"));
    }
  }
}

async function call(method, path, content, key) {
  if (alone) {
    if (path in held) return held[path];
    throw new Problem(404, "this is not in the file");
  }
  const body = content === undefined ? undefined : JSON.stringify(content);
  for (let tried = 0; ; tried++) {
    try {
      const answer = await send(method, path, { body, key });
      return answer.status === 204 ? null : await answer.json();
    } catch (problem) {
      const passing = !(problem instanceof Problem) || PASSING.has(problem.status);
      if (method === "DELETE" && tried && problem.status === 404) return null; // it was done the time before
      if (!passing) throw problem;
      if (tried === AGAIN.length) throw problem instanceof Problem ? problem : new Problem(0, "The server does not answer. Is it running, and is the network there?");
      await new Promise((later) => setTimeout(later, AGAIN[tried]));
    }
  }
}

/** @param {{body?: string, key?: string, signal?: AbortSignal}} given */
async function send(method, path, given) {
  const { body, key, signal } = given;
  const secret = sessionStorage.getItem("key");
  const answer = await fetch(path, {
    method,
    signal,
    headers: {
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      ...(key ? { "Idempotency-Key": key } : {}),
      ...(secret ? { Authorization: `Bearer ${secret}` } : {}),
    },
    body,
  });
  if (answer.ok) return answer;
  const text = await answer.text();
  if (answer.status === 401) document.dispatchEvent(new Event("locked"));
  throw new Problem(answer.status, detail(text, answer.status));
}

function detail(text, status) {
  try {
    return JSON.parse(text).detail;
  } catch {
    return `The server answered ${status}`; // something between it and here did
  }
}
