// Look through dialogues, or through their turns as a queue: a corpus, or those that are live.

import { address, restate } from "./address.js";
import { ahead } from "./ahead.js";
import { alone } from "./api.js";
import { copier } from "./copying.js";
import { el, fill, mount, say } from "./dom.js";
import { filters } from "./filters.js";
import { heard } from "./keys.js";
import { List } from "./list.js";
import { progress } from "./progress.js";
import { open } from "./reading.js";
import { dialogue, rows, turns } from "./rows.js";
import { dialogueLine, turnLine } from "./lines.js";
import { source } from "./source.js";
import { count, many, same } from "./words.js";

/** What is on the page, and of which source. @type {any} */
let shown = null;

export async function show(main, [wanted], { id, turn, ...filter }) {
  const from = await source(wanted);
  const stale = !shown || shown.source !== from.name || shown.policy !== from.shelf.policy || (from.name === "live" && !id);
  if (stale) shown = make(from, filter);
  mount(main, shown.whole);
  shown.tell(from.shelf.review);
  await shown.filter(filter, stale);
  if (id !== undefined) await shown.read(id, turn === undefined ? NaN : Number(turn));
}

function make({ name, shelf, picker }, given) {
  const filter = { ...given };
  const of = () => (filter.list === "turns" ? OF_TURNS : OF_DIALOGUES);
  /** @type {{id?: string, turn?: number}} */
  let at = {}; // the dialogue and turn that are open
  const where = () => address("look", [name], { ...filter, ...at });
  const list = new List(
    "Dialogues",
    (offset, limit) => of().fetched(name, filter, offset, limit),
    (row) => of().line(row),
    (row) => of().key(row),
    async (row) => {
      const turn = row.turns === undefined ? row.turn : undefined;
      history.pushState(null, "", address("look", [name], { ...filter, id: row.id, turn }));
      await read(row.id, turn ?? NaN).catch((problem) => say(problem.message));
    },
  );
  const found = el("p", { class: "quiet", role: "status" });
  async function refresh() {
    list.element.setAttribute("aria-label", of().label);
    const total = await list.reset();
    if (total === null) return; // asked anew meanwhile
    const whole = filter.list === "turns" ? shelf.turns : shelf.dialogues;
    const partly = alone && shelf.dialogues > total && !filter.kind && !filter.find && !filter.action;
    fill(found, `${many(total, of().one)} of ${count(whole)}${partly ? "; this file holds some, those with a wrong turn first" : ""}`);
    list.mark(of().key(at));
  }
  const looked = progress();
  const bar = filters(shelf, name === "live", filter, () => {
    restate(where());
    refresh().catch((problem) => say(problem.message));
  });
  const place = el("section", { class: "card reader", "aria-label": "Dialogue", tabindex: "-1" }, el("p", { class: "quiet" }, "Choose a dialogue."));
  const copy = copier("Copy link", "The link", () => location.href);
  const card = el(
    "section",
    { class: "card shelf", "aria-label": "Dialogues to look at" },
    el("div", { class: "tools" }, el("h1", {}, "Look"), copy),
    el("div", { class: "filters" }, picker("look"), bar.fields),
    bar.given,
    found,
    looked.element,
    list.element,
  );
  const whole = el("div", { class: "columns shelves" }, card, place);
  const next = async (by = 1) => {
    if (!(await list.move(by))) say(by > 0 ? "That was the last one" : "That was the first one");
  };
  whole.addEventListener("keydown", (event) => heard(event, { j: () => next(1), k: () => next(-1) }));

  const coming = ahead(name);
  let asked = ""; // the dialogue asked for last: an answer to an earlier question is not shown
  async function read(id, turn) {
    asked = `${id} ${turn}`;
    const mine = asked;
    const found = await coming.fetched(id);
    if (mine !== asked) return;
    const key = (turn) => (filter.list === "turns" ? of().key({ id, turn }) : null); // dialogues say other things
    at = { id, turn: Number.isNaN(turn) ? undefined : turn };
    list.mark(of().key(at));
    open(place, {
      ...{ source: name, actions: shelf.actions.map((one) => one.name), turn, next, queue: filter.list === "turns" },
      read: found,
      again: async () => {
        const now = await dialogue(name, id);
        for (const [turn, one] of now.turns.entries()) list.patch(key(turn), { expected: one.expected, right: one.right, said: said(one) });
        return now;
      },
      kept(turn, { decided, done }, actions) {
        const verdict = { actions, decided: name === "live" ? decided.actions : null };
        list.patch(key(turn), { expected: actions, right: same(actions, decided.actions), said: said({ verdict, done }) });
      },
      moved(selected) {
        at = { id, turn: selected };
        if (whole.isConnected) restate(where());
        if (filter.list === "turns") list.mark(of().key(at));
      },
    });
    if (!alone) prepare(id).catch(() => {}); // whoever goes there asks again
  }
  async function prepare(id) {
    const row = await list.following();
    if (row && row.id !== id) coming.prepare(row.id);
  }
  async function changed(other, anew) {
    const same = JSON.stringify(Object.entries(filter).sort()) === JSON.stringify(Object.entries(other).sort());
    if (same && !anew) return;
    for (const field of Object.keys(filter)) delete filter[field];
    Object.assign(filter, other);
    bar.draw();
    await refresh();
  }
  return { source: name, policy: shelf.policy, whole, read, filter: changed, tell: looked.tell };
}

/** @typedef {{id?: string, turn?: number}} Place */
const OF_DIALOGUES = { label: "Dialogues", one: "dialogue", fetched: rows, line: dialogueLine, key: (/** @type {Place} */ { id }) => id };
const OF_TURNS = { label: "Turns", one: "turn", fetched: turns, line: turnLine, key: (/** @type {Place} */ { id, turn }) => JSON.stringify([id, turn]) };

/** What people said of a turn, in a word. */
const said = ({ verdict, done }) => verdict && (same(verdict.actions, verdict.decided ?? done) ? "confirmed" : "corrected");
