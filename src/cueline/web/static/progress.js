// How far people have looked through what is listed, and who did.

import { el, fill } from "./dom.js";
import { count, many } from "./words.js";

/** People by how often they said something, in words. */
export const people = (by) => Object.entries(by).map(([name, times]) => `${name || "someone"} ${count(times)}`).join(", ");

/** A line of it. `tell(review)` says what the server knows; what is corrected here after that is counted too. */
export function progress() {
  const element = el("p", { class: "quiet" });
  let known = { turns: 0, corrected: 0, confirmed: 0, by_author: {} };
  let since = 0;
  function draw() {
    const { turns, corrected, confirmed, by_author: by } = known;
    const looked = corrected + confirmed;
    const told = looked ? `${count(looked)} of ${many(turns, "turn")} looked at: ${people(by)}.` : "";
    fill(element, told, since ? ` ${count(since)} just now.` : null);
  }
  document.addEventListener("corrected", (event) => {
    if (!element.isConnected) return;
    since += /** @type {CustomEvent} */ (event).detail.length;
    draw();
  });
  function tell(review) {
    known = review;
    since = 0;
    draw();
  }
  return { element, tell };
}
