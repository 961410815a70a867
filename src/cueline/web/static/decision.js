// A decision: what is done, how probable the rest is, what was masked and why.

import { el } from "./dom.js";
import { many, named, percent } from "./words.js";

const SHOWN = 8; // bars before the rest is asked for

/** Actions as chips; `kind` colours them. */
export const chips = (actions, kind = "") =>
  el("span", { class: `chips ${kind}` }, actions.length ? actions.map((name) => el("span", { class: "chip" }, name)) : el("span", { class: "chip none" }, "(nothing)"));

/** How sure a decision is, in a few characters. */
export const sureness = ({ confidence, sure }) =>
  el("span", { class: sure ? "sure" : "unsure" }, `${percent(confidence)}, ${sure ? "" : "not "}sure`);

/** Every action with its probability, as buttons that say what is right. */
export function bars(decision, right, onToggle) {
  const masked = new Set(decision.masked);
  const ranked = Object.entries(decision.probabilities).filter(([name]) => !masked.has(name));
  ranked.sort(([, one], [, other]) => other - one);
  const rows = ranked.map(([name, probability]) => bar(name, probability, decision.actions.includes(name), right, onToggle));
  const shown = Math.max(SHOWN, ...rows.map((_, i) => (right.has(ranked[i][0]) ? i + 1 : 0)));
  const list = el("ul", { class: "bars" }, rows.slice(0, shown));
  if (rows.length <= shown) return list;
  const more = el("button", { type: "button", class: "plain" }, `Show all ${rows.length} actions`);
  more.addEventListener("click", () => {
    list.append(...rows.slice(shown));
    rows[shown].querySelector("button").focus();
    more.remove();
  });
  return [list, more];
}

function bar(name, probability, decided, right, onToggle) {
  const button = el(
    "button",
    { type: "button", class: "bar", share: probability, "aria-pressed": String(right.has(name)) },
    el("span", { class: "name" }, name, decided ? el("span", { class: "mark" }, " decided") : null),
    el("span", { class: "value" }, percent(probability, 1)),
  );
  button.addEventListener("click", () => {
    const on = !right.has(name);
    on ? right.add(name) : right.delete(name);
    button.setAttribute("aria-pressed", String(on));
    onToggle();
  });
  return el("li", {}, button);
}

/** The actions that were not allowed, by name, with the reason of each. */
export function masked(reasons) {
  const rest = (name, reason) => (reason.startsWith(`${name} `) ? reason.slice(name.length) : ` ${reason}`); // a rule begins with its action
  const rows = Object.entries(reasons).map(([name, reason]) => el("li", {}, el("span", { class: "name" }, name), rest(name, reason)));
  if (!rows.length) return null;
  return el("details", { class: "masked" }, el("summary", {}, `${many(rows.length, "action")} masked`), el("ul", {}, rows));
}

/** The likeliest whole sets, where a decision is more than one action. */
export function candidates({ candidates }) {
  if (candidates.every(({ actions }) => actions.length === 1)) return null;
  const rows = candidates.map(({ actions, probability }) =>
    el("tr", {}, el("td", {}, named(actions)), el("td", { class: "number" }, percent(probability, 1))),
  );
  return el(
    "table",
    { class: "candidates" },
    el("caption", {}, "The likeliest sets as a whole"),
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "set"), el("th", { scope: "col", class: "number" }, "probability"))),
    el("tbody", {}, rows),
  );
}
