// The dialogue that comes next, asked for while one looks at this one.

import { dialogue } from "./rows.js";

const FRESH = 60_000; // milliseconds after which it is asked for anew

/** The dialogues of a source: `fetched(id)` promises one, `prepare(id)` has it come already. */
export function ahead(source) {
  /** @type {{id: string, at: number, coming: Promise<any>} | null} */
  let next = null;
  // What someone said of it meanwhile is not in what came.
  document.addEventListener("corrected", (event) => {
    if (/** @type {CustomEvent} */ (event).detail.some((place) => place.dialogue === next?.id)) next = null;
  });
  function prepare(id) {
    if (next?.id === id) return;
    next = { id, at: Date.now(), coming: dialogue(source, id) };
    next.coming.catch(() => (next = null)); // asked for again when it is wanted
  }
  function fetched(id) {
    const prepared = next;
    next = null;
    return prepared && prepared.id === id && Date.now() - prepared.at < FRESH ? prepared.coming : dialogue(source, id);
  }
  return { prepare, fetched };
}
