// Drawings of numbers, with the numbers themselves in a table behind.

import { el, fill, svg } from "./dom.js";
import { labelled } from "./fields.js";
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
 * A chart that is read by hovering, and by a slider with the keyboard. `x` and `y` are {name, range, ticks, text};
 * `marks(at)` gives what is drawn, `at.x` and `at.y` turning data into places. `table` is {head, rows}, the same in
 * numbers; the first row stands at the first of `points`, and so on. `read` is {label, first, told}: the name of the
 * slider, where it stands, and what is said of a row by its number.
 * @param {any} given
 */
export function chart({ title, x, y, marks, table, points, read = {} }) {
  const at = { x: scale(x.range, LEFT, WIDE - 8), y: scale(y.range, HIGH - BELOW, ABOVE) };
  const lines = y.ticks.map((tick) => [
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
  const places = points.map(([one, other]) => [at.x(one), at.y(other)]);
  const here = svg("circle", { class: "here", r: 7 });
  const drawing = svg("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", "aria-label": `${title}; the numbers are in the table below` }, lines, below, names, marks(at), here);
  const reader = reading(table, places, here, { label: `Read ${title}`, first: 0, told: (i) => inWords(table, i), ...read });
  followed(drawing, places, reader);
  return el("figure", { class: "chart" }, el("figcaption", {}, title), drawing, reader.element, behind(title, table));
}

/** A row of a table as one would say it. */
const inWords = ({ head, rows }, i) => rows[i].map((cell, column) => `${head[column]} ${text(cell)}`).join(", ");

/** A slider along the places, and what stands at the one that is looked at. */
function reading(table, places, here, { label, first, told }) {
  const output = el("p", { class: "told" });
  const slider = el("input", { type: "range", min: 0, max: places.length - 1, value: first, on: { input: () => settle() } });
  function show(i) {
    const [x, y] = places[i];
    here.setAttribute("cx", x);
    here.setAttribute("cy", y);
    fill(output, told(i));
  }
  function settle(i = Number(slider.value)) {
    slider.value = String(i);
    slider.setAttribute("aria-valuetext", inWords(table, i));
    show(i);
  }
  settle();
  return { element: el("div", { class: "read" }, labelled(label, slider), output), show, settle };
}

/** Have the reader show what is nearest to the pointer, and stay there where it is pressed. */
function followed(drawing, places, { show, settle }) {
  const nearest = ({ clientX, clientY }) => {
    const { left, top, width } = drawing.getBoundingClientRect();
    const far = ([x, y]) => Math.hypot(x - ((clientX - left) * WIDE) / width, y - ((clientY - top) * WIDE) / width);
    return places.reduce((best, place, i) => (far(place) < far(places[best]) ? i : best), 0);
  };
  drawing.addEventListener("pointermove", (event) => show(nearest(event)));
  drawing.addEventListener("click", (event) => settle(nearest(event)));
  drawing.addEventListener("pointerleave", () => settle());
}

/** The path through the points. */
export const line = (at, points, kind = "") =>
  svg("path", { class: `line ${kind}`, d: points.map(([x, y], i) => `${i ? "L" : "M"}${at.x(x).toFixed(1)} ${at.y(y).toFixed(1)}`).join("") });

export const dot = (at, [x, y], kind = "", radius = 4) => svg("circle", { class: `dot ${kind}`, cx: at.x(x), cy: at.y(y), r: radius });

/** How far the value at `x` may be off. */
export const spread = (at, x, [low, high]) => svg("line", { class: "spread", x1: at.x(x), x2: at.x(x), y1: at.y(low), y2: at.y(high) });

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
