// The service, as `/openapi.json` describes it; or what a file holds of its answers.

const held = JSON.parse(document.getElementById("held")?.textContent ?? "null");

/** Whether this is a file that holds its answers, with no service behind it. */
export const alone = held !== null;

/** What the service refused, in its own words. */
export class Problem extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

export const get = (path) => call("GET", path);
export const post = (path, content = {}) => call("POST", path, content);
export const put = (path, content) => call("PUT", path, content);
export const erase = (path) => call("DELETE", path);

/** Use an API key from now on, for as long as the tab is open. */
export function unlock(key) {
  sessionStorage.setItem("key", key);
}

/** `name=value&...` of what is not empty. */
export function query(values) {
  const filled = Object.entries(values).filter(([, value]) => value !== "" && value != null);
  return new URLSearchParams(filled).toString();
}

/** The events of a stream, each as it comes. */
export async function* stream(path) {
  const answer = await send("GET", path);
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

async function call(method, path, content) {
  if (alone) {
    if (path in held) return held[path];
    throw new Problem(404, "this is not in the file");
  }
  const answer = await send(method, path, content);
  return answer.status === 204 ? null : answer.json();
}

async function send(method, path, content) {
  const key = sessionStorage.getItem("key");
  const answer = await fetch(path, {
    method,
    headers: {
      ...(content === undefined ? {} : { "Content-Type": "application/json" }),
      ...(key ? { Authorization: `Bearer ${key}` } : {}),
    },
    body: content === undefined ? undefined : JSON.stringify(content),
  });
  if (answer.ok) return answer;
  const told = await answer.json();
  if (answer.status === 401) document.dispatchEvent(new Event("locked"));
  throw new Problem(answer.status, told.detail);
}
