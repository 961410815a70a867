// Another policy on the same dialogues: what it would do otherwise.

import { address } from "./address.js";
import { get, query } from "./api.js";
import { downloads, scrolled } from "./charts.js";
import { choice, labelled } from "./fields.js";
import { el, fill, say } from "./dom.js";
import { overTime } from "./overtime.js";
import { grid } from "./tables.js";
import { many, named, said } from "./words.js";

const KINDS = { broken: "broken", fixed: "fixed", other: "wrong both times", unjudged: "unjudged" };

/** A card that compares the policy `before` with another that is loaded, chosen there. */
export async function comparing(source, before) {
  const policies = await loaded();
  const others = policies.filter((hash) => hash !== before);
  if (!others.length) return null;
  const place = el("div", { class: "stack" });
  const compare = async (after) => {
    if (after) fill(place, changed(source, await get(`/v1/changes/${source}?${query({ before, after })}`)));
  };
  const options = [["", "choose one"], ...others.map((hash) => [hash, hash])];
  const pick = choice(options, (event) => compare(event.target.value).catch((problem) => say(problem.message)));
  return el("section", { class: "card", "aria-label": "Another policy" }, el("h2", {}, "Another policy"), labelled("Compare with", pick), place, overTime(source, policies));
}

/** The policies that are loaded, the oldest first, if this caller may know of them. */
async function loaded() {
  try {
    return (await get("/v1/policies")).loaded;
  } catch (problem) {
    if (problem.status !== 403) throw problem;
    return [];
  }
}

/** What changes, in a sentence and a table. */
export function changed(source, { turns, fixed, broken, other, unjudged, changes }) {
  const sum = fixed + broken + other + unjudged;
  const told = el("p", {}, sum ? `Of ${many(turns, "turn")}, ${many(sum, "turn")} ${sum === 1 ? "is" : "are"} decided otherwise: ` : "No turn is decided otherwise.", sum ? el("b", {}, `${fixed} fixed, ${broken} broken`) : null, sum ? `, ${other} wrong both times, ${unjudged} changed where nobody said what is right.` : null);
  const rows = changes.map((one) => [
    el("a", { href: address("look", [source], { id: one.id, turn: one.turn }), dir: "auto" }, said(one.user)),
    KINDS[one.kind],
    one.expected === null ? el("span", { class: "quiet" }, "nobody said") : named(one.expected),
    named(one.before),
    named(one.after),
  ]);
  if (!rows.length) return told;
  const table = { head: ["said", "change", "right", "before", "after"], rows };
  return [told, scrolled(`Changed turns, ${source}`, grid(table)), el("div", { class: "tools" }, downloads(`Changed turns, ${source}`, table))];
}
