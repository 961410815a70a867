// Where the trainings of the server stand, told to every tab that is looked at.

import { get, stream } from "./api.js";

const LATER = 2000; // milliseconds before a stream that broke is asked for again

/** What the server said last; null where this caller may not know. @type {any} */
let state = null;
/** @type {AbortController | null} */
let open = null;

export const current = () => state;

/** Begin to watch. A tab that is hidden does not: a browser has few connections for all of them. */
export async function watch() {
  try {
    tell(await get("/v1/training"));
  } catch (problem) {
    if (problem.status !== 403) throw problem;
    return;
  }
  if (!state.possible) return;
  document.addEventListener("visibilitychange", follow);
  follow();
}

function follow() {
  open?.abort();
  open = document.hidden ? null : new AbortController();
  if (open) keep(open.signal);
}

async function keep(signal) {
  while (!signal.aborted) {
    try {
      for await (const found of stream("/v1/training/events", signal)) tell(found);
    } catch (problem) {
      if (problem.status === 401 || problem.status === 403) return;
    }
    await new Promise((later) => setTimeout(later, LATER));
  }
}

function tell(found) {
  const before = state?.current;
  state = found;
  document.dispatchEvent(new Event("training"));
  if (before && before !== found.current) document.dispatchEvent(new CustomEvent("policy", { detail: found.current }));
}
