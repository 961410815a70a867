// Tables that are sorted by the names of their columns.

import { el, fill } from "./dom.js";
import { time } from "./words.js";

const NUMBER = /^[-+−]?[\d.·]/; // how a number begins; a nought may be a dot

/** What stands in a cell, as text. */
export const text = (cell) => (cell instanceof Node ? cell.textContent : Array.isArray(cell) ? cell.map(text).join("") : String(cell ?? ""));

/**
 * A table: the first cell of each row is its head. Its first `most` rows are shown, in any order. A name that is an
 * element is no name to sort by, and a cell that is one of a table stands as it is. `by` keeps the order from one
 * drawing to the next.
 * @param {{head: any[], rows: any[][], kind?: string}} given
 */
export function grid({ head, rows, kind }, most = rows.length, by = { column: -1, falling: false }) {
  const body = el("tbody");
  const numbers = head.map((_, i) => i > 0 && rows.every((row) => unknown(text(row[i])) || NUMBER.test(text(row[i]))));
  const cell = (content, i) => (content instanceof HTMLTableCellElement ? content : i ? el("td", { class: numbers[i] ? "number" : "" }, content) : el("th", { scope: "row" }, content));
  const columns = head.map((name, i) => {
    if (!name) return el("td");
    const sort = el("button", { type: "button", class: "plain sort", title: `Sort by ${name}`, on: { click: () => turn(i) } }, name);
    return el("th", { scope: "col", class: numbers[i] ? "number" : "" }, typeof name === "string" && rows.length > 1 ? sort : name);
  });

  function turn(i) {
    by.falling = by.column === i && !by.falling;
    by.column = i;
    show();
  }

  function show() {
    for (const [i, column] of columns.entries()) {
      if (i === by.column) column.setAttribute("aria-sort", by.falling ? "descending" : "ascending");
      else column.removeAttribute("aria-sort");
    }
    const sorted = by.column < 0 ? rows : [...rows].sort((one, other) => compared(sortKey(one[by.column]), sortKey(other[by.column]), by.falling));
    fill(body, sorted.slice(0, most).map((row) => el("tr", {}, row.map(cell))));
  }

  show();
  return el("table", { class: kind }, el("thead", {}, el("tr", {}, columns)), body);
}

/** A moment, in seconds since 1970, as a cell. */
export const when = (at) => el("time", { datetime: new Date(1000 * at).toISOString() }, time(at));

/** What a cell is sorted by: a moment by when it was, all else by what stands there. */
const sortKey = (cell) => (Array.isArray(cell) ? cell.map(sortKey).join("") : cell instanceof HTMLTimeElement ? cell.dateTime : text(cell));

const unknown = (shown) => shown === "–" || shown === "";

/** Numbers by how large they are, words by the alphabet; what is not known stands last either way. */
function compared(one, other, falling) {
  if (unknown(one) || unknown(other)) return Number(unknown(one)) - Number(unknown(other));
  const [a, b] = [one, other].map(number);
  const order = Number.isNaN(a) || Number.isNaN(b) ? one.localeCompare(other, "en", { numeric: true }) : a - b;
  return falling ? -order : order;
}

const number = (shown) => Number(shown.replaceAll(",", "").replace("·", "0").replace(/ %$/, ""));
