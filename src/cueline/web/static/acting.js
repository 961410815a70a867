// What a person does, one thing after the other: while one is under way, the next is not begun.

import { el, say } from "./dom.js";

/** Gives `act(work)`, which does nothing while an earlier work is under way; `place` shows that it is. */
export function exclusive(place) {
  let busy = false;
  return async (work) => {
    if (busy) return false;
    busy = true;
    place.setAttribute("aria-busy", "true");
    try {
      await work();
      return true;
    } catch (problem) {
      say(problem.message);
      return false;
    } finally {
      busy = false;
      place.removeAttribute("aria-busy");
    }
  };
}

/** A button that does something by `act`. */
export const button = (text, act, work, kind = "") => el("button", { type: "button", class: kind, on: { click: () => act(work) } }, text);
