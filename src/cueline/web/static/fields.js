// Fields to choose and to fill in.

import { el } from "./dom.js";

let fields = 0;

/** `field` under its name. */
export function labelled(name, field) {
  field.id ||= `field-${fields++}`;
  return el("div", { class: "field" }, el("label", { for: field.id }, name), field);
}

/** One of several: pairs of value and text. */
export function choice(options, change, value = options[0][0]) {
  return el("select", { on: { change } }, options.map(([one, text]) => el("option", { value: one, selected: one === value }, text)));
}
