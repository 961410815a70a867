// Who teaches, as they call themselves; this browser remembers it.

import { labelled } from "./fields.js";
import { el } from "./dom.js";

const STORED = "cueline-author";

export const author = () => localStorage.getItem(STORED)?.trim().slice(0, 100) || null;

/** A field for the name that corrections are kept under. */
export function authorField() {
  const field = el("input", { autocomplete: "nickname", maxlength: 100, value: author() ?? "" });
  field.addEventListener("input", () => localStorage.setItem(STORED, field.value));
  return labelled("Your name, kept with what you correct", field);
}
