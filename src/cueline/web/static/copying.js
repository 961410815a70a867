// What is put where it can be pasted from.

import { el, say } from "./dom.js";

/** A button that copies what `content()` gives, and says that `what` is copied. */
export const copier = (text, what, content) => el("button", { type: "button", class: "plain", on: { click: () => copied(content(), what) } }, text);

async function copied(content, what) {
  await navigator.clipboard?.writeText(content);
  say(navigator.clipboard ? `${what} is copied` : "Copy it by hand: this page may not");
}
