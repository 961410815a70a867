// The layers unrolled over time: a column a time step, the same layer in each, and what is carried between them.

import { el, svg } from "./dom.js";
import { scrolled } from "./charts.js";
import { recurrent } from "./lesson.js";
import { said } from "./words.js";

const STEP = 118; // pixels from a time step to the next
const BOX = 86;
const SHOWN = 8; // time steps that are drawn; of more, the first and the last
const LETTERS = 13;
const ROWS = { target: 24, answer: 70, memory: 130, turn: 190, words: 240 };

/** A card with the drawing, as the switches stand. */
export function unrolling({ sizes, turns }, { sequences, distributed, memory, wrapped }) {
  const all = distributed ? turns.map(({ user }) => said(user)) : turns.flatMap(({ user, words }) => (user ?? "").split(/\s+/).filter(Boolean).slice(0, words));
  const last = all.length - 1;
  const layer = recurrent(sizes);
  const carried = layer === "GRU" ? "h" : "h, c";
  const shown = all.map((text, i) => ({ text, i })).filter(({ i }) => i < SHOWN - 1 || i === last);
  const marks = shown.map((step, place) => column(step, place, { sequences, distributed, memory, wrapped, layer, carried, last, next: shown[place + 1] }));
  const high = ROWS.words + 24;
  const wide = Math.max(shown.length * STEP, 3 * STEP);
  const kept = sequences || !memory;
  const told = `${distributed ? "A column a turn" : "A column a word"}: the same weights in each${memory ? `, ${carried.replace(",", " and")} carried from left to right` : ", and nothing carried"}; ${kept ? "an answer at each" : "an answer at the last alone"}.`;
  const drawing = svg("svg", { class: "unrolled", viewBox: `0 0 ${wide} ${high}`, width: wide, height: high, role: "img", "aria-label": told }, marks);
  return el("section", { class: "card", "aria-label": "Unrolled over time" }, el("h2", {}, "Unrolled over time"), el("p", { class: "quiet" }, told), scrolled("Unrolled", drawing));
}

function column({ text, i }, place, { sequences, distributed, memory, wrapped, layer, carried, last, next }) {
  const x = place * STEP + STEP / 2;
  const handed = sequences || !memory || i === last;
  const cut = text.length > LETTERS ? `${text.slice(0, LETTERS - 1)}…` : text;
  const target = distributed || i === last; // words have no targets of their own
  return [
    distributed ? [box(x, ROWS.turn, "encoder"), arrow(x, ROWS.turn - 12, x, ROWS.memory + 14), arrow(x, ROWS.words - 12, x, ROWS.turn + 14)] : arrow(x, ROWS.words - 12, x, ROWS.memory + 14),
    svg("text", { x, y: ROWS.words + 4 }, cut),
    box(x, ROWS.memory, memory ? layer : "Dense"),
    memory && next ? [arrow(x + BOX / 2, ROWS.memory, x + STEP - BOX / 2 - 3, ROWS.memory), svg("text", { class: "axis", x: x + STEP / 2, y: ROWS.memory - 6 }, next.i === i + 1 ? carried : "…")] : null,
    handed ? [arrow(x, ROWS.memory - 12, x, ROWS.answer + 14), box(x, ROWS.answer, wrapped ? "TD(Dense)" : "Dense"), arrow(x, ROWS.answer - 12, x, ROWS.target + 10)] : svg("text", { class: "axis", x, y: ROWS.answer + 4 }, "not handed on"),
    target ? svg("text", { class: handed ? "" : "missed", x, y: ROWS.target }, `${handed ? "" : "no answer for "}y${distributed ? i : ""}`) : null,
  ];
}

const box = (x, y, name) => [svg("rect", { class: "cell", x: x - BOX / 2, y: y - 12, width: BOX, height: 26, rx: 5 }), svg("text", { x, y: y + 5 }, name)];

function arrow(x, y, u, v) {
  const tip = u === x ? `M${u - 4} ${v + 6}L${u} ${v}L${u + 4} ${v + 6}` : `M${u - 6} ${v - 4}L${u} ${v}L${u - 6} ${v + 4}`;
  return svg("path", { class: "arrow", d: `M${x} ${y}L${u} ${v}${tip}` });
}
