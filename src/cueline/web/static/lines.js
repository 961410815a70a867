// A line of a list: a dialogue, or a turn.

import { el } from "./dom.js";
import { many, named, percent, said, same, time } from "./words.js";

export function dialogueLine({ id, turns, opening, kinds, first_wrong: first, at }) {
  const badge = (kind, text) => (kinds[kind] ? el("span", { class: `badge ${kind}` }, text ?? `${kinds[kind]} ${kind}`) : null);
  return [
    el("span", { class: "opening", dir: "auto" }, opening || "(silent)"),
    el(
      "span",
      { class: "marks" },
      el("span", { class: "quiet" }, `${id} · ${many(turns, "turn")}${at === null ? "" : ` · ${time(at)}`}`),
      badge("wrong", `${kinds.wrong} wrong, first at ${first}`),
      badge("unsure"),
      badge("corrected"),
      badge("confirmed"),
      badge("disputed"),
      badge("rare", "rare"),
      badge("deferred"),
      badge("audited"),
    ),
  ];
}

export function turnLine({ id, turn, user, expected, decided, done, at, confidence, right, said: verdict }) {
  return [
    el("span", { class: "opening", dir: "auto" }, said(user)),
    el(
      "span",
      { class: "marks" },
      el("span", { class: "quiet" }, `${percent(confidence)} ${named(decided)}`),
      verdict ? el("span", { class: `badge ${verdict}` }, verdict) : null,
      right === false ? el("span", { class: "badge wrong" }, `right: ${named(expected)}`) : null,
      expected === null && !same(done, decided) ? el("span", { class: "badge" }, `did ${named(done)}`) : null,
      el("span", { class: "quiet" }, `${id}, turn ${turn}${at === null ? "" : ` · ${time(at)}`}`),
    ),
  ];
}
