// How far people have looked through what is listed, and who did.

import { el, fill } from "./dom.js";
import { count, many } from "./words.js";

/** Who said something of how many turns, and how often several agree, in words. */
export function people({ by_author: by, agreed, disputed }) {
  const each = Object.entries(by).map(([name, times]) => `${name || "someone"} ${count(times)}`).join(", ");
  const both = agreed + disputed;
  return both ? `${each}; of ${many(both, "turn")} that several looked at they agree on ${count(agreed)}` : each;
}

/** A line of it. `tell(review)` says what the server knows; what is corrected here after that is counted too. */
export function progress() {
  const element = el("p", { class: "quiet" });
  let known = { turns: 0, corrected: 0, confirmed: 0, agreed: 0, disputed: 0, by_author: {} };
  let since = 0;
  function draw() {
    const looked = known.corrected + known.confirmed;
    const told = looked ? `${count(looked)} of ${many(known.turns, "turn")} looked at: ${people(known)}.` : "";
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
