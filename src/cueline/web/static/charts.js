// Drawings of numbers, with the numbers themselves in a table behind.

import { el, svg } from "./dom.js";
import { csv, save } from "./saving.js";
import { grid, text } from "./tables.js";

const WIDE = 420;
const HIGH = 260;
const LEFT = 62; // for the name of the axis and its ticks, beside each other
const BELOW = 40;
const ABOVE = 8;

/** A scale from `low` and `high` of the data to places on the paper. */
const scale = ([low, high], from, to) => (value) => from + ((value - low) / (high - low || 1)) * (to - from);

/**
 * A chart. `x` and `y` are {name, range, ticks, text}; `marks(at)` gives what is drawn, `at.x` and
 * `at.y` turning data into places. `table` is {head, rows}, the same in numbers.
 */
export function chart({ title, x, y, marks, table }) {
  const at = { x: scale(x.range, LEFT, WIDE - 8), y: scale(y.range, HIGH - BELOW, ABOVE) };
  const grid = y.ticks.map((tick) => [
    svg("line", { class: "grid", x1: LEFT, x2: WIDE - 8, y1: at.y(tick), y2: at.y(tick) }),
    svg("text", { class: "tick", x: LEFT - 6, y: at.y(tick) + 4, "text-anchor": "end" }, y.text(tick)),
  ]);
  const below = x.ticks.map((tick) =>
    svg("text", { class: "tick", x: at.x(tick), y: HIGH - BELOW + 16, "text-anchor": "middle" }, x.text(tick)),
  );
  const names = [
    svg("text", { class: "axis", x: (LEFT + WIDE) / 2, y: HIGH - 2, "text-anchor": "middle" }, x.name),
    svg("text", { class: "axis", transform: `translate(12 ${(HIGH - BELOW) / 2}) rotate(-90)`, "text-anchor": "middle" }, y.name),
  ];
  const drawing = svg("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", "aria-label": `${title}; the numbers are in the table below` }, grid, below, names, marks(at));
  return el("figure", { class: "chart" }, el("figcaption", {}, title), drawing, behind(title, table));
}

/** The path through the points. */
export const line = (at, points, kind = "") =>
  svg("path", { class: `line ${kind}`, d: points.map(([x, y], i) => `${i ? "L" : "M"}${at.x(x).toFixed(1)} ${at.y(y).toFixed(1)}`).join("") });

export const dot = (at, [x, y], kind = "", radius = 4) => svg("circle", { class: `dot ${kind}`, cx: at.x(x), cy: at.y(y), r: radius });

/** A table that is asked for. */
export function behind(title, table) {
  return el("details", {}, el("summary", {}, "In numbers"), scrolled(`${title} in numbers`, grid(table)), el("div", { class: "tools" }, downloads(title, table)));
}

/** Buttons that keep a table as CSV or JSON. */
export function downloads(title, { head, rows }) {
  const plainly = (cell) => (typeof cell === "object" && cell ? text(cell) : cell);
  const plain = { head, rows: rows.map((row) => row.map(plainly)) };
  const kinds = {
    CSV: () => save(`${title}.csv`, csv(plain), "text/csv"),
    JSON: () => save(`${title}.json`, JSON.stringify(plain.rows.map((row) => Object.fromEntries(row.map((cell, i) => [head[i], cell])))), "application/json"),
  };
  return Object.entries(kinds).map(([kind, click]) => el("button", { type: "button", class: "plain", "aria-label": `${kind} of ${title}`, on: { click } }, kind));
}

/** Something wide, in a window that the keyboard can move too. */
export const scrolled = (label, content) => el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": label }, content);

/** Round places for about `most` ticks from 0 to `high`. */
export function ticks(high, most = 4) {
  const raw = high / most;
  const power = 10 ** Math.floor(Math.log10(raw || 1));
  const step = [1, 2, 2.5, 5, 10].map((one) => one * power).find((one) => one >= raw) ?? 1;
  return Array.from({ length: Math.floor(high / step + 1e-9) + 1 }, (_, i) => i * step);
}
