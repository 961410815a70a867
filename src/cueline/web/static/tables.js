// Tables that are sorted by the names of their columns.

import { el, fill } from "./dom.js";

/** What stands in a cell, as text. */
export const text = (cell) => (cell instanceof Node ? cell.textContent : Array.isArray(cell) ? cell.map(text).join("") : String(cell ?? ""));

/** A table: the first cell of each row is its head. Its first `most` rows are shown, in any order. */
export function grid({ head, rows }, most = rows.length) {
  const body = el("tbody");
  const show = (sorted) => fill(body, sorted.slice(0, most).map(drawn));
  show(rows);
  const columns = head.map((name, i) => {
    const sort = el("button", { type: "button", class: "plain sort", on: { click: () => turn(i) } }, name);
    return el("th", { scope: "col", class: i ? "number" : "" }, name && rows.length > 1 ? sort : name);
  });
  const turn = (i) => {
    const falling = columns[i].getAttribute("aria-sort") === "ascending";
    for (const column of columns) column.removeAttribute("aria-sort");
    columns[i].setAttribute("aria-sort", falling ? "descending" : "ascending");
    show([...rows].sort((one, other) => compared(text(one[i]), text(other[i]), falling)));
  };
  return el("table", {}, el("thead", {}, el("tr", {}, columns)), body);
}

const drawn = ([first, ...rest]) => el("tr", {}, el("th", { scope: "row" }, first), rest.map((cell) => el("td", { class: "number" }, cell)));

/** Numbers by how large they are, words by the alphabet; what is not known stands last either way. */
function compared(one, other, falling) {
  const unknown = (cell) => (cell === "–" || cell === "" ? 1 : 0);
  if (unknown(one) || unknown(other)) return unknown(one) - unknown(other);
  const [a, b] = [one, other].map(number);
  const order = Number.isNaN(a) || Number.isNaN(b) ? one.localeCompare(other, "en", { numeric: true }) : a - b;
  return falling ? -order : order;
}

const number = (cell) => Number(cell.replaceAll(",", "").replace(/ %$/, ""));
