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

/** Every action with its probability, the likeliest first. */
export function bars(decision) {
  const masked = new Set(decision.masked);
  const ranked = Object.entries(decision.probabilities).filter(([name]) => !masked.has(name));
  ranked.sort(([, one], [, other]) => other - one);
  const rows = ranked.map(([name, probability]) => bar(name, probability, decision.actions.includes(name)));
  const list = el("ul", { class: "bars" }, rows.slice(0, SHOWN));
  if (rows.length <= SHOWN) return list;
  const more = el("button", { type: "button", class: "plain" }, `Show all ${rows.length} actions`);
  more.addEventListener("click", () => {
    list.append(...rows.slice(SHOWN));
    more.remove();
  });
  return [list, more];
}

const bar = (name, probability, decided) =>
  el("li", { class: "bar", share: probability }, el("span", { class: "name" }, name, decided ? el("span", { class: "mark" }, " decided") : null), el("span", { class: "value" }, percent(probability, 1)));

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
