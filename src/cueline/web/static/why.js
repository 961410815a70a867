// Why a turn was decided so: how sure is sure enough, what is new, what mattered, what training had.

import { post } from "./api.js";
import { el, fill } from "./dom.js";
import { mattered, remembered } from "./reading.js";
import { many, percent, said } from "./words.js";

/** A place that is filled once the service has said why; `turns` end with the one that is explained. */
export function why(turns, decision) {
  const place = el("div", { class: "stack", role: "region", "aria-label": "Why" });
  const number = turns.length - 1;
  const ask = async () => {
    const found = await post("/v1/explain", { turns });
    fill(
      place,
      el("p", {}, REASONS[found.reason](decision, found)),
      found.unknown_words.length ? el("p", { dir: "auto" }, marked(said(turns[number].user), found.unknown_words)) : null,
      found.unknown_words.length ? el("p", { class: "quiet" }, `Training never had what is marked: ${many(found.unknown_words.length, "word")}.`) : null,
      found.features.map(odd),
      remembered(found.seen, number),
      mattered(found.heat, number),
    );
  };
  ask().catch((problem) => fill(place, el("p", { class: "quiet" }, problem.message)));
  return place;
}

const from = ({ sure_from: least, risk, novel }) =>
  least === null ? `at a risk of ${percent(risk, 1)} ${novel ? "no turn that is as new as this" : "no decision"} is sure` : `${novel ? "turns as new as this are" : "a decision is"} sure from ${percent(least, 1)}, so that at most ${percent(risk, 1)} of those are wrong`;

/** In words, by the reason that the policy gives. */
const REASONS = {
  sure: ({ confidence }, found) => `Sure at ${percent(confidence, 1)}: ${from(found)}.`,
  unsure: ({ confidence }, found) => `Not sure at ${percent(confidence, 1)}: ${from(found)}.`,
  new_action: () => "Not sure: an action is offered that training never saw, and it may be the right one.",
  unfamiliar: () => "Not sure: most of what was said, or of the features, training never had.",
  ambiguous: () => "Not sure: two sets of actions are about as likely.",
  nothing_allowed: () => "Not sure: no action is allowed here.",
  arguments: ({ missing }) => `Not sure of what to call it with: ${Object.entries(missing ?? {}).map(([action, names]) => `${action} lacks ${names.join(", ")}`).join("; ") || "an argument is doubtful"}.`,
};

/** The text with those of its characters marked; the service counts them as Python does. */
function marked(text, places) {
  const letters = Array.from(text);
  let at = 0;
  const parts = places.flatMap(([start, end]) => {
    const before = letters.slice(at, start).join("");
    at = end;
    return [before, el("mark", { class: "unknown" }, letters.slice(start, end).join(""))];
  });
  return [...parts, letters.slice(at).join("")];
}

/** A feature that does not do what one may think. */
function odd({ name, known, seen, meant }) {
  if (!known) return el("p", { class: "hint" }, `The policy has no feature ${name}; it is not looked at. `, meant ? `Was ${meant} meant?` : null);
  return seen ? null : el("p", { class: "quiet" }, `Training never had ${name} with that value.`);
}
