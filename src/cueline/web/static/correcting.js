// A turn that is looked at, corrected: what is kept, and the same turn elsewhere corrected alike.

import { exclusive } from "./acting.js";
import { erase, post, query } from "./api.js";
import { author } from "./author.js";
import { chips } from "./decision.js";
import { editor } from "./editor.js";
import { el, fill, say } from "./dom.js";
import { alike } from "./rows.js";
import { many, said } from "./words.js";

/** The editor of a turn; what else may be corrected alike is put into `others`. */
export function correcting({ source, id, number, turn, actions, others, changed, kept, next }) {
  const path = `/v1/browse/${source}/corrections`;
  async function keep(places, right) {
    const kept = await post(path, { corrections: places.map((place) => ({ ...place, ...right })), author: author() });
    document.dispatchEvent(new CustomEvent("corrected", { detail: places }));
    return kept;
  }
  const { decided } = turn;
  let last = null; // what was kept, so that it may be kept elsewhere
  const edited = editor({
    turn: {
      ...{ user: turn.user, decided: decided.actions, candidates: decided.candidates, likely: decided.likely },
      ...{ verdict: turn.verdict, done: turn.expected ?? turn.done },
      spans: turn.spans.length ? turn.spans : decided.spans,
      arguments: Object.keys(turn.arguments).length ? turn.arguments : decided.arguments,
    },
    actions,
    async save(right) {
      await keep([{ dialogue: id, turn: number }], right);
      last = right;
    },
    async withdraw() {
      await erase(`${path}?${query({ id, turn: number })}`);
      await changed();
    },
    async next() {
      kept(last);
      await next();
    },
    saved: changed,
  });
  offer();

  /** Other turns at which the same was said, done and decided: correct them too? */
  async function offer() {
    if (!turn.verdict) return;
    const { total, rows } = await alike(source, id, number);
    if (!total) return;
    const boxes = rows.map((row) => el("input", { type: "checkbox", checked: true, "data-row": JSON.stringify([row.id, row.turn]) }));
    const act = exclusive(others);
    const apply = el("button", { type: "button", on: { click: () => act(work) } }, "Correct those that are ticked");
    async function work() {
      const places = boxes.filter((box) => box.checked).map((box) => JSON.parse(box.dataset.row ?? "[]")).map(([dialogue, at]) => ({ dialogue, turn: at }));
      const { corrected } = await keep(places, last ?? { actions: turn.verdict.actions });
      fill(others, el("p", { role: "status" }, `${many(corrected, "turn")} elsewhere corrected alike.`));
      say(`${many(corrected, "turn")} corrected alike`);
    }
    fill(
      others,
      el(
        "details",
        { class: "alike" },
        el("summary", {}, `The same was said and done at ${many(total, "turn")} elsewhere`),
        el("p", {}, "Right there too: ", chips(turn.verdict.actions)),
        el("ul", { class: "boxes" }, rows.map((row, i) => el("li", {}, el("label", {}, boxes[i], ` ${row.id}, turn ${row.turn}: `, el("span", { dir: "auto" }, said(row.user)))))),
        apply,
      ),
    );
  }

  return edited;
}
