// What a threshold of confidence would do: how much is answered, and how much of that is wrong.

import { chart, line, ticks } from "./charts.js";
import { el } from "./dom.js";
import { count, percent } from "./words.js";

const share = (part, whole) => (whole ? part / whole : 0);

/** A point of the curve, in turns. */
const counted = ({ confidence, answered, wrong }, turns) => ({
  threshold: confidence,
  answered: Math.round(answered * turns),
  wrong: Math.round(wrong * answered * turns),
});

/** The curve of risk over coverage, with a slider along it. */
export function deferring({ sure_from: given, report }, look) {
  const turns = report.turns;
  const points = report.trust.risk_coverage.map((point) => counted(point, turns)).reverse();
  const curve = points.map(({ answered, wrong }) => [answered / turns, share(wrong, answered)]);
  const never = given === null;
  const first = never ? points.length - 1 : Math.max(points.findIndex(({ threshold }) => threshold >= given), 0);
  const top = Math.max(...curve.map(([, risk]) => risk), 0.01);
  const told = (i) => {
    const { threshold, answered, wrong } = points[i];
    return [
      `At ${threshold.toFixed(3)} it `,
      el("b", {}, `answers ${percent(answered / turns, 1)}`),
      ` of the turns (${count(answered)}), `,
      el("b", {}, `${percent(share(wrong, answered), 1)} of them wrong`),
      ` (${count(wrong)}), and defers ${count(turns - answered)} to someone else. `,
      look ? [el("a", { href: look({ above: threshold.toFixed(6), kind: "wrong" }) }, "Those answered wrong"), ", ", el("a", { href: look({ below: threshold.toFixed(6) }) }, "those deferred")] : null,
    ];
  };
  return el(
    "section",
    { class: "card deferring", "aria-label": "Answer or defer" },
    el("h2", {}, "Answer or defer"),
    el(
      "p",
      { class: "quiet" },
      "Decisions less sure than a threshold go to someone else. ",
      never ? "At its risk the policy never calls itself sure." : `The policy calls itself sure from ${given.toFixed(3)}.`,
    ),
    chart({
      title: "Risk over coverage",
      x: { name: "share of turns answered", range: [0, 1], ticks: [0, 0.25, 0.5, 0.75, 1], text: (one) => percent(one) },
      y: { name: "share of them wrong", range: [0, top], ticks: ticks(top), text: (one) => percent(one, top < 0.04 ? 1 : 0) },
      marks: (at) => line(at, curve),
      table: {
        head: ["threshold", "answered", "wrong", "deferred"],
        rows: points.map(({ threshold, answered, wrong }) => [threshold.toFixed(3), count(answered), count(wrong), count(turns - answered)]),
      },
      points: curve,
      read: { label: "Threshold", first, told },
    }),
  );
}
