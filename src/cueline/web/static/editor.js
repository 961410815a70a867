// What is right at a turn: the same editor wherever an error is seen.

import { exclusive } from "./acting.js";
import { chips } from "./decision.js";
import { details } from "./details.js";
import { el, fill, say } from "./dom.js";
import { labelled } from "./fields.js";
import { heard } from "./keys.js";
import { named, percent, same } from "./words.js";

const SETS = 9; // likeliest sets, a key each

/**
 * An editor. `turn` is {user, decided, candidates, likely, verdict, spans, arguments}; `actions` are all there
 * are. `save(right)` keeps it, `saved()` is told where one stays, `withdraw()` takes it back, and `next()`, if any, goes
 * on to another turn.
 * @param {any} given
 */
export function editor({ turn, actions, save, saved, withdraw, next }) {
  const right = new Set(turn.verdict?.actions ?? turn.decided);
  const more = details(turn, right);
  const card = el("section", { class: "editor", "aria-label": "What is right here" });
  const act = exclusive(card);
  const chosen = el("p", { class: "chosen", "aria-live": "polite" });
  const sets = likeliest(turn);
  const keys = el("ol", { class: "sets" }, sets.map((set, i) => el("li", {}, el("button", { type: "button", on: { click: () => choose(set.actions) } }, el("kbd", {}, i + 1), " ", chips(set.actions), set.probability === undefined ? null : el("span", { class: "quiet" }, ` ${percent(set.probability)}`)))));
  const find = el("input", { type: "search", placeholder: "find an action" });
  const list = el("ul", { class: "boxes" });
  const boxes = ranked(turn, actions).map((name) => box(name));
  fill(list, boxes.map(({ line }) => line));
  find.addEventListener("input", () => {
    const words = find.value.toLowerCase();
    for (const { name, line } of boxes) line.hidden = !name.toLowerCase().includes(words);
  });

  function box(name) {
    const input = el("input", { type: "checkbox", checked: right.has(name) });
    input.addEventListener("change", () => {
      input.checked ? right.add(name) : right.delete(name);
      draw();
    });
    return { name, input, line: el("li", {}, el("label", {}, input, ` ${name}`)) };
  }

  function choose(names) {
    right.clear();
    for (const name of names) right.add(name);
    draw();
  }

  function draw() {
    for (const { name, input } of boxes) input.checked = right.has(name);
    fill(chosen, el("span", { class: "quiet" }, "right: "), chips([...right], same([...right], turn.decided) ? "" : "corrected"));
    more.draw();
  }

  const keep = (names, on) => act(async () => {
    await save({ actions: names, ...more.value(names) });
    say(`Kept: ${named(names)} is right`);
    await (on && next ? next() : saved());
  });
  const back = () => act(async () => {
    await withdraw();
    say("Taken back: nobody has said anything of this turn");
  });
  const button = (text, key, work, kind = "") => el("button", { type: "button", class: kind, "aria-keyshortcuts": key, on: { click: work } }, text, el("kbd", { "aria-hidden": "true" }, key));
  const foot = el(
    "div",
    { class: "tools foot" },
    button("Save", "s", () => keep([...right], false), "main"),
    next ? button("Save and next", "n", () => keep([...right], true)) : null,
    button("This was right", "r", () => keep([...turn.decided], true)),
    turn.verdict && withdraw ? button("Take back", "u", back, "plain") : null,
  );
  fill(card, el("h3", {}, "What is right here?"), standing(turn.verdict, turn.decided), keys, chosen, el("details", { class: "all", open: sets.length < 2 }, el("summary", {}, `All ${boxes.length} actions`), labelled("Find an action", find), list), more.element, foot);
  draw();
  const numbers = Object.fromEntries(sets.map((set, i) => [String(i + 1), () => choose(set.actions)]));
  const keyed = { ...numbers, s: () => keep([...right], false), n: () => keep([...right], true), r: () => keep([...turn.decided], true), ...(turn.verdict && withdraw ? { u: back } : {}) };
  return { element: card, heard: (event) => heard(event, keyed) };
}

/** What people said of it so far. */
function standing(verdict, decided) {
  if (!verdict) return el("p", { class: "quiet" }, "Nobody has looked at it yet.");
  const say = ({ author, actions }) => `${author ?? "someone"}: ${same(actions, decided) ? "as decided" : named(actions)}`;
  const disputed = new Set(verdict.opinions.map(({ actions }) => [...actions].sort().join("\n"))).size > 1;
  return el("p", { class: disputed ? "hint" : "quiet" }, disputed ? "They do not agree. " : "", verdict.opinions.map(say).join("; "), ".");
}

/** The sets that are likeliest, that of the decision among them; then single actions. */
function likeliest({ decided, candidates, likely, done }) {
  const sets = [...candidates];
  for (const actions of [decided, done, ...byProbability(likely).map((name) => [name]), []]) {
    if (actions && !sets.some((set) => same(set.actions, actions))) sets.push({ actions });
  }
  return sets.slice(0, SETS);
}

const byProbability = (likely) => Object.keys(likely).sort((one, other) => likely[other] - likely[one]);

function ranked({ likely, decided, verdict }, actions) {
  const first = byProbability(likely);
  return [...new Set([...first, ...actions, ...decided, ...(verdict?.actions ?? [])])];
}
