// A dialogue turn by turn: what was right beside what is decided, and which earlier turns mattered.

import { chips, masked, sureness } from "./decision.js";
import { alone } from "./api.js";
import { correcting } from "./correcting.js";
import { el, fill } from "./dom.js";
import { calls, flaws, heard, lent } from "./heard.js";
import { save } from "./saving.js";
import { count, many, named, percent, same } from "./words.js";

const MOST = 5; // earlier turns told of in the table; all are tinted

/** The dialogue `read`, its turn `selected` looked at; `choose(turn)` looks at another. */
export function reading(read, selected, choose) {
  const heat = new Map(read.turns[selected].heat.map((one) => [one.turn, one]));
  const copied = lent(read.turns[selected]);
  const turns = read.turns.map((turn, number) => {
    const matters = heat.get(number);
    const button = el(
      "button",
      { type: "button", class: "look", "aria-pressed": String(number === selected), on: { click: () => choose(number) } },
      el("span", { class: "at" }, number),
      el("span", { class: turn.user === null ? "words silent" : "words", dir: "auto" }, heard(turn)),
      el("span", { class: "what" }, outcome(turn)),
      flaws(turn),
      matters ? el("span", { class: "matters" }, `${signed(matters.change)} for turn ${selected}`) : null,
      number !== selected && copied.has(number) ? el("span", { class: "matters" }, `${copied.get(number).join(", ")} of turn ${selected} is copied from here`) : null,
    );
    const kind = `turn${turn.right === false ? " wrong" : ""}${matters ? " hot" : ""}`;
    const li = el("li", { class: kind, share: Math.abs(matters?.change ?? 0) }, button);
    if (number === selected) li.append(details(turn, number, choose));
    return li;
  });
  return el("ol", { class: "reading" }, turns);
}

function outcome({ expected, right, decided, done, verdict }) {
  const said = verdict ? el("span", { class: "quiet" }, same(expected, verdict.decided ?? done) ? " confirmed" : " corrected") : null;
  const tick = expected === null ? null : el("span", { class: "tick", role: "img", "aria-label": "right" }, " ✓");
  const other = expected === null && !same(done, decided.actions) ? el("span", { class: "quiet" }, ` did ${named(done)}`) : null;
  if (right !== false) return [chips(decided.actions), " ", sureness(decided), tick, other, said];
  return [
    el("span", { class: "pair" }, el("span", { class: "quiet" }, "decided "), chips(decided.actions, "wrong"), " ", sureness(decided)),
    el("span", { class: "pair" }, el("span", { class: "quiet" }, "right "), chips(expected), said),
  ];
}

function details(turn, number, choose) {
  const likely = Object.entries(turn.decided.likely).map(([name, probability]) =>
    el("li", { class: "bar", share: probability }, el("span", {}, name), el("span", { class: "value" }, percent(probability, 1))),
  );
  const features = Object.entries(turn.features);
  return el(
    "div",
    { class: "details stack" },
    turn.system ? el("p", { dir: "auto" }, el("span", { class: "quiet" }, "The system said: "), turn.system) : null,
    calls(turn, number, choose),
    features.length ? el("dl", { class: "features" }, features.map(([name, value]) => [el("dt", {}, name), el("dd", {}, shown(value))])) : null,
    el("ul", { class: "likely", "aria-label": "The likeliest actions" }, likely),
    masked(reasons(turn.decided.masked)),
    remembered(turn.seen, number),
    mattered(turn.heat, number),
  );
}

function shown(value) {
  if (!Array.isArray(value)) return String(value);
  return typeof value[0] === "number" ? many(value.length, "number") : value.join(", ");
}

/** What training did at the same turn, and after the same turns where that differs from case to case. */
export function remembered(seen, number) {
  if (!seen) return null;
  const { times, done, turns, then } = seen;
  if (!times) return el("p", { class: "quiet" }, "Training has seen no such turn.");
  if (times === 1) return el("p", {}, "Seen once in training, then ", el("b", {}, named(done[0].actions)), ".");
  if (done.length === 1) return el("p", {}, `Seen ${count(times)} times in training, then always `, el("b", {}, named(done[0].actions)), ".");
  const others = times - done.reduce((sum, one) => sum + one.times, 0);
  const told = done.map((one) => `${count(one.times)} × ${named(one.actions)}`);
  if (others) told.push(`${count(others)} × others`);
  const same = turns > number + 1 ? "the same dialogue so far" : `the same last ${turns} turns`;
  return [
    el("p", {}, `Seen ${count(times)} times in training: `, el("b", {}, told.join(", ")), "."),
    turns > 1 ? el("p", {}, `After ${same} most often `, el("b", {}, named(then)), ".") : null,
  ];
}

export function mattered(heat, number) {
  if (!number) return null;
  if (!heat.length) return el("p", { class: "quiet" }, "No earlier turn matters: without any one of them the decision is the same.");
  const rows = heat.slice(0, MOST).map(({ turn, change, without }) =>
    el("tr", {}, el("td", { class: "number" }, turn), el("td", { class: "number" }, signed(change)), el("td", {}, named(without))),
  );
  const head = ["turn", "changes by", "without it"].map((name, i) => el("th", { scope: "col", class: i < 2 ? "number" : "" }, name));
  return el("table", {}, el("caption", {}, "Earlier turns that matter"), el("thead", {}, el("tr", {}, head)), el("tbody", {}, rows));
}

const signed = (change) => `${change > 0 ? "+" : "−"}${Math.abs(change).toFixed(2)}`;

/**
 * Put the dialogue `read` into `place`, and let its turns be looked at and corrected. `again()` reads it again,
 * `kept(turn, was, actions)` is told what was called right, `moved(turn)` which turn is looked at, `next()` goes on in the list; in a `queue`, after each turn.
 */
export function open(place, { source, actions, read, turn, queue, again, kept, moved, next }) {
  let now = read;
  const first = now.turns.findIndex((one) => one.right === false);
  const choose = (selected) => {
    const dialogue = el("button", { type: "button", class: "plain", on: { click: () => download(now) } }, "As a corpus line");
    const list = reading(now, selected, choose);
    fill(place, el("div", { class: "tools" }, el("h2", { dir: "auto" }, now.id), stepper(now, selected, choose), alone ? null : dialogue), list);
    if (!alone) correctable(list, selected);
    moved(selected);
    place.querySelector(".look[aria-pressed=true]").focus({ preventScroll: true });
  };

  function correctable(list, selected) {
    const shown = now.turns[selected];
    const others = el("div", {});
    const redraw = async () => {
      now = await again();
      choose(selected);
    };
    const edited = correcting({
      ...{ source, id: now.id, number: selected, turn: shown, actions, others },
      changed: redraw,
      kept: (right) => kept(selected, shown, right.actions),
      next: () => further(selected),
    });
    list.querySelector(".details")?.prepend(edited.element, others);
    place.onkeydown = (event) => edited.heard(event);
  }

  async function further(selected) {
    const open = (one) => one.right === false || (one.expected === null && !one.verdict);
    const later = now.turns.findIndex((one, number) => number > selected && open(one) && !one.verdict);
    if (queue || later < 0) await next();
    else choose(later);
  }

  choose(turn < now.turns.length ? turn : Math.max(first, 0));
  const chosen = place.querySelector(".look[aria-pressed=true]");
  chosen.scrollIntoView({ block: turn > 0 || first > 0 ? "start" : "nearest" }); // what is said of it stands below
}

function stepper(read, selected, choose) {
  const wrong = read.turns.flatMap((turn, number) => (turn.right === false ? [number] : []));
  if (!wrong.length) return el("span", { class: "quiet" }, read.turns.every((turn) => turn.right !== null) ? "every turn is right" : "nobody found a wrong turn");
  const next = wrong.find((number) => number > selected) ?? wrong[0];
  return [
    el("span", { class: "quiet" }, many(wrong.length, "wrong turn")),
    el("button", { type: "button", on: { click: () => choose(next) } }, "Next wrong turn"),
  ];
}

/** The dialogue as `cueline train` takes it. */
function download({ id, turns }) {
  const line = {
    id,
    turns: turns.map(({ user, features, available, expected, done, system, spans, arguments: calls, verdict }) => ({
      ...{ user, features, actions: expected ?? done },
      ...(available ? { available } : {}),
      ...(system ? { system } : {}),
      ...(verdict?.spans ?? spans)?.length ? { spans: verdict?.spans ?? spans } : {},
      ...(verdict ? (verdict.arguments ? { arguments: verdict.arguments } : {}) : Object.keys(calls).length ? { arguments: calls } : {}),
    })),
  };
  save(`${id}.jsonl`, JSON.stringify(line), "application/x-ndjson");
}

/** From the actions of each reason to the reason of each action. */
function reasons(masked) {
  return Object.fromEntries(Object.entries(masked).flatMap(([reason, names]) => names.map((name) => [name, reason])));
}
