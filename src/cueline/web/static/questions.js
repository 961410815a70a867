// A person as auditor: turns that were drawn, answered here, and wait to be called right or not.

import { get, post } from "./api.js";
import { author } from "./author.js";
import { el, fill } from "./dom.js";
import { editor } from "./editor.js";
import { many, said } from "./words.js";

/** A place for the first turn that waits; `look()` asks for it, `answered()` is told of each answer. */
export function questions(answered) {
  const element = el("div", {});
  /** @type {number | null} */
  let shown = null;

  async function look() {
    const { waiting, first } = await get("/v1/cascade/question");
    if (shown === (first?.question ?? null)) return;
    shown = first?.question ?? null;
    fill(element, first ? asking(waiting, first, (await get("/v1/policy")).actions) : null);
  }

  function asking(waiting, { question, user, decision, arguments: calls }, actions) {
    const edited = editor({
      turn: { user, decided: decision.actions, candidates: decision.candidates, likely: decision.probabilities, verdict: null, spans: decision.spans, arguments: calls },
      actions,
      save: (right) => post("/v1/cascade/question", { question, author: author(), ...right }),
      saved: answered,
    });
    const card = el(
      "section",
      { class: "card stack", "aria-label": "Was this right?" },
      el("h2", {}, "Was this right?"),
      el("p", { class: "quiet" }, `${many(waiting, "turn")} drawn at random ${waiting === 1 ? "waits" : "wait"} for you, in order: what could be passed over would prove nothing. What you say is a check, and is kept as a correction.`),
      el("blockquote", { dir: "auto" }, said(user)),
      el("pre", { tabindex: "0" }, decision.actions.flatMap((name) => (calls[name] ?? [{}]).map((one) => `${name} ${JSON.stringify(one)}`)).join("\n")),
      edited.element,
    );
    card.addEventListener("keydown", edited.heard);
    return card;
  }
  return { element, look };
}
