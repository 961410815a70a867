// What the system knows besides words: features, and the actions that are available.

import { el, fill } from "./dom.js";
import { many } from "./words.js";

/** An editor; its `value()` goes with a turn. */
export function context(policy) {
  const rows = el("ul", { class: "rows" });
  const add = el("button", { type: "button", class: "plain", on: { click: () => row() } }, "Add a feature");
  const boxes = policy.actions.map((name) => el("input", { type: "checkbox", checked: true, value: name }));
  const told = el("summary", {});
  const count = () => {
    const on = boxes.filter((box) => box.checked).length;
    fill(told, on === boxes.length ? "All actions are available" : `${many(on, "action")} available`);
  };
  const names = el("datalist", { id: "feature-names" }, [...new Set(policy.features.map(({ name }) => name))].map((name) => el("option", { value: name })));
  const values = el("datalist", { id: "feature-values" });

  function row() {
    const name = el("input", { "aria-label": "Feature", placeholder: "feature", list: "feature-names" });
    const value = el("input", {
      ...{ "aria-label": "Value", placeholder: "word, 3, true, [\"a\", \"b\"]", list: "feature-values" },
      on: { focus: () => fill(values, known(policy, name.value).map((one) => el("option", { value: one }))) },
    });
    const remove = el("button", { type: "button", class: "plain", "aria-label": "Remove this feature", on: { click: () => [line.remove(), add.focus()] } }, "×");
    const line = el("li", {}, name, value, remove);
    rows.append(line);
    name.focus();
  }

  for (const box of boxes) box.addEventListener("change", count);
  count();
  const element = el(
    "section",
    { class: "context", "aria-label": "What the system knows" },
    el("h2", {}, "What the system knows"),
    rows,
    add,
    el("details", {}, told, el("ul", { class: "boxes" }, boxes.map((box) => el("li", {}, el("label", {}, box, ` ${box.value}`))))),
    names,
    values,
  );
  const value = () => {
    const lines = [...rows.children].map((line) => [...line.querySelectorAll("input")].map((input) => input.value.trim()));
    const on = boxes.filter((box) => box.checked);
    return {
      features: Object.fromEntries(lines.filter(([name]) => name).map(([name, text]) => [name, read(text)])),
      available: on.length === boxes.length ? null : on.map((box) => box.value),
    };
  };
  return { element, value };
}

function known(policy, name) {
  const found = policy.features.filter((feature) => feature.name === name);
  return found.flatMap(({ kind, values }) => (kind === "boolean" ? ["true", "false"] : values));
}

/** A number, a truth value, a list of words or of numbers where it is written like one, else a word. */
function read(text) {
  try {
    const value = JSON.parse(text);
    const list = Array.isArray(value) && ["string", "number"].some((kind) => value.every((one) => typeof one === kind));
    return list || ["number", "boolean", "string"].includes(typeof value) ? value : text;
  } catch {
    return text;
  }
}
