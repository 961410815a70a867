// What more dialogues brought: policies trained on ever more of them, as `cueline curve` judged them.

import { chart, dot, line } from "./charts.js";
import { el, svg } from "./dom.js";
import { count, percent } from "./words.js";

/** A card with the learning curve; null where none was given. */
export function learning(points) {
  if (!points.length) return null;
  const along = (name) => points.flatMap((point) => (point[name] == null ? [] : [[size(point), point[name]]]));
  const share = { range: [0, 1], ticks: [0, 0.25, 0.5, 0.75, 1], text: (one) => percent(one) };
  const sizes = points.map(size);
  return el(
    "section",
    { class: "card", "aria-label": "Would more dialogues help?" },
    el("h2", {}, "Would more dialogues help?"),
    el("p", { class: "quiet" }, "Policies trained on ever more dialogues: the line is right turns with its 95 % band, the dashes are the same policies left to themselves, the dots the linear baseline. ", gained(points)),
    chart({
      title: "Learning curve",
      x: { name: "dialogues, doubling", range: [sizes[0], sizes.at(-1)], ticks: sizes, text: (one) => count(Math.round(2 ** one)) },
      y: { name: "share that is right", ...share },
      marks: (at) => [
        band(at, points),
        line(at, along("linear"), "even"),
        line(at, along("free_running"), "dashed"),
        line(at, along("exact")),
        along("exact").map((place) => dot(at, place, "now")),
      ],
      table: { head: ["dialogues", "turns", "right", "from", "to", "left to itself", "linear", "micro F1"], rows: points.map(row) },
      points: points.map((point) => [size(point), point.exact]),
    }),
  );
}

/** Where a number of dialogues stands: each doubling is a step as wide as the others. */
const size = ({ dialogues }) => Math.log2(dialogues);

function gained(points) {
  if (points.length < 2) return null;
  const [half, whole] = points.slice(-2).map(({ exact }) => exact);
  return `With the last step ${percent(Math.abs(whole - half), 1)} ${whole < half ? "fewer" : "more"} of the turns are right.`;
}

function band(at, points) {
  const edge = (side) => points.map((point) => `${at.x(size(point)).toFixed(1)} ${at.y(point.intervals.exact[side]).toFixed(1)}`);
  return svg("path", { class: "around", d: `M${[...edge(1), ...edge(0).reverse()].join("L")}Z` });
}

function row(point) {
  const { dialogues, turns, exact, intervals, free_running: free, linear, micro_f1: micro } = point;
  const shares = [exact, ...intervals.exact, free, linear, micro];
  return [count(dialogues), count(turns), ...shares.map((one) => (one == null ? "–" : percent(one, 1)))];
}
