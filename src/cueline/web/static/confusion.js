// Which actions are taken for which: a table whose darker cells are more turns.

import { downloads, scrolled } from "./charts.js";
import { el } from "./dom.js";
import { grid } from "./tables.js";
import { count } from "./words.js";

export function confusion({ actions, counts }, turns) {
  if (!actions.length) return null;
  const names = [...actions, "(none)"];
  const last = names.length - 1;
  const most = Math.max(...counts.flatMap((row, i) => row.filter((_, j) => i !== j)), 1);
  const cell = (number, i, j) => {
    const kind = i === j ? "number hit" : "number";
    const shown = number && turns ? el("a", { href: turns({ expected: names[i], decided: names[j] }), "aria-label": `${count(number)}: right ${names[i]}, decided ${names[j]}` }, count(number)) : number ? count(number) : i === last && j === last ? "" : "·";
    return el("td", { class: kind, share: i === j ? 0 : Math.sqrt(number / most) }, shown);
  };
  const rows = counts.map((row, i) => [el("th", { scope: "row", title: names[i] }, names[i]), ...row.map((number, j) => cell(number, i, j))]);
  return el(
    "section",
    { class: "card", "aria-label": "Taken for one another" },
    el("h2", {}, "Taken for one another"),
    el("p", { class: "quiet" }, "Rows were right, columns were decided. Of the actions with the most mistakes; (none) is what has no counterpart."),
    scrolled("Confusions", grid({ head: ["right", ...names], rows, kind: "confusion" })),
    el("div", { class: "tools" }, downloads("Confusions", { head: ["right", ...names], rows: counts.map((row, i) => [names[i], ...row]) })),
  );
}
