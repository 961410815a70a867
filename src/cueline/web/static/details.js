// What goes with the right actions: the words that name something, and what actions are called with.

import { el, fill } from "./dom.js";
import { said } from "./words.js";

/** Fields for spans and arguments; `value(actions)` gives what is to be kept of them. */
export function details(turn, right) {
  const spans = el("ul", { class: "rows" });
  const calls = el("div", { class: "stack" });
  let changed = false; // what nobody touches is not said
  const touch = () => (changed = true);
  const input = (label, value = "") => el("input", { "aria-label": label, placeholder: label.toLowerCase(), value, on: { input: touch } });
  const plain = (text, label, work) => el("button", { type: "button", class: "plain", "aria-label": label, on: { click: () => [touch(), work()] } }, text);

  function row(list, fields) {
    const line = el("li", {}, fields, plain("×", "Remove this line", () => line.remove()));
    list.append(line);
    return line;
  }
  const span = ({ words = "", label = "", value = "" } = {}) => row(spans, [input("Words", words), input("Label", label), input("Stands for", value)]);
  const argument = (list, name = "", value = "") => row(list, [input("Argument", name), input("Its value", value)]);
  const call = (place, values = {}) => {
    const list = el("ul", { class: "rows call" });
    for (const [name, value] of Object.entries(values)) argument(list, name, typeof value === "string" ? value : JSON.stringify(value));
    place.append(list, plain("Add an argument", "Add an argument", () => argument(list).querySelector("input")?.focus()));
  };

  for (const { start, end, label, value } of turn.verdict?.spans ?? turn.spans ?? []) {
    span({ words: Array.from(said(turn.user)).slice(start, end).join(""), label, value: value === undefined || value === null ? "" : String(value) });
  }
  const known = turn.verdict?.arguments ?? turn.arguments ?? {};
  const groups = new Map(); // by action
  function draw() {
    for (const name of right) {
      if (groups.has(name)) continue;
      const group = el("div", { role: "group", "aria-label": `Arguments of ${name}` }, el("p", {}, name));
      for (const values of known[name] ?? []) call(group, values);
      group.append(plain("Add a call", `Add a call of ${name}`, () => call(group)));
      groups.set(name, group);
    }
    fill(calls, [...right].map((name) => groups.get(name)));
  }

  const add = plain("Mark words", "Mark words", () => {
    const words = String(getSelection() ?? "").trim();
    span({ words: said(turn.user).includes(words) ? words : "" }).querySelector("input")?.focus();
  });
  const element = el(
    "details",
    { class: "more" },
    el("summary", {}, "Words and arguments"),
    turn.user === null ? null : [el("p", { class: "quiet" }, "The words that name something, as they stand in what was said."), spans, add],
    calls,
  );
  function value(actions) {
    if (!changed) {
      const kept = Object.entries(turn.verdict?.arguments ?? {}).filter(([name]) => actions.includes(name));
      return { spans: turn.verdict?.spans, arguments: kept.length ? Object.fromEntries(kept) : undefined };
    }
    const lines = (list) => [...list.children].map((line) => [...line.querySelectorAll("input")].map((field) => field.value.trim()));
    const of = (name) => [...groups.get(name).querySelectorAll(".call")].map((list) => Object.fromEntries(lines(list).filter(([key]) => key).map(([key, text]) => [key, parsed(text)])));
    const given = actions.filter((name) => groups.get(name)?.querySelector(".call")).map((name) => [name, of(name)]);
    return { spans: placed(said(turn.user), lines(spans)), arguments: Object.fromEntries(given) };
  }
  return { element, draw, value };
}

/** Where the words stand, each in its turn; the service counts characters as Python does. */
function placed(text, lines) {
  let from = 0;
  return lines.filter(([words, label]) => words && label).map(([words, label, value]) => {
    const next = text.indexOf(words, from);
    const at = next < 0 ? text.indexOf(words) : next;
    if (at < 0) throw new Error(`"${words}" does not stand in what was said`);
    from = at + words.length;
    const start = Array.from(text.slice(0, at)).length;
    return { start, end: start + Array.from(words).length, label, ...(value ? { value: parsed(value) } : {}) };
  });
}

/** A number, a truth value or anything of JSON where it is written like it, else a word. */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
