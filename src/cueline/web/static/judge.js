// How good a policy is: beside baselines, by action, by confidence, and beside another policy.

import { address } from "./address.js";
import { alone, get } from "./api.js";
import { behind, chart, dot, downloads, line, scrolled, ticks } from "./charts.js";
import { comparing } from "./comparing.js";
import { confusion } from "./confusion.js";
import { deferring } from "./deferring.js";
import { el, fill } from "./dom.js";
import { wordFigures } from "./heard.js";
import { learning } from "./learning.js";
import { people } from "./progress.js";
import { source } from "./source.js";
import { grid } from "./tables.js";
import { count, many, percent } from "./words.js";

const FIGURES = {
  exact: "right turns",
  dialogue_accuracy: "flawless dialogues",
  accuracy: "top-1 accuracy",
  micro_f1: "micro F1",
  macro_f1: "macro F1",
  weighted_f1: "weighted F1",
  ece: "calibration error",
};
const BINS = 15; // of the calibration error
const FIRST = 12; // actions shown before the rest is asked for

export async function show(main, [wanted]) {
  const { name, shelf, picker } = await source(wanted);
  fill(main, el("p", { class: "quiet", role: "status" }, "Judging…"));
  const judged = await get(`/v1/judge/${name}`);
  const turns = (values) => address("look", [name], { list: "turns", ...values });
  if (!judged.report) {
    const compare = await comparing(name, shelf.policy);
    fill(main, el("div", { class: "tools head" }, el("h1", {}, "Judge"), picker("judge")), reviewed(judged.review, turns), confusion(judged.confusion, turns), compare);
    return;
  }
  fill(
    main,
    el("div", { class: "tools head" }, el("h1", {}, "Judge"), picker("judge")),
    el("p", { class: "quiet" }, `Policy ${shelf.policy} on ${many(judged.report.turns, "turn")} of ${many(judged.report.dialogues, "dialogue")}.`),
    headline(judged.report),
    el("div", { class: "halves" }, figures(judged.report), deferring(judged, alone ? null : turns), reliability(judged.report.trust, alone ? null : turns), trained(judged.training), learning(judged.curve)),
    wordFigures(judged.report),
    actions(judged.report, alone ? null : turns),
    confusion(judged.confusion, alone ? null : turns),
    alone ? null : await comparing(name, shelf.policy),
  );
}

/** What people found of what is live; what nobody looked at is neither right nor wrong. */
function reviewed(review, turns) {
  const { turns: all, corrected, confirmed, disputed, right } = review;
  const looked = corrected + confirmed;
  return el(
    "section",
    { class: "card stack", "aria-label": "Looked at" },
    el("h2", {}, "What people looked at"),
    el("p", {}, el("a", { href: turns({}) }, `${count(looked)} of ${many(all, "turn")}`), ` were looked at: `, el("a", { href: turns({ kind: "corrected" }) }, `${count(corrected)} corrected`), ", ", el("a", { href: turns({ kind: "confirmed" }) }, `${count(confirmed)} confirmed`), disputed ? [", ", el("a", { href: turns({ kind: "disputed" }) }, `${count(disputed)} disputed`)] : null, "."),
    looked ? el("p", {}, el("b", {}, `${percent(right / looked, 1)} of them are decided right`), " by this policy. The others nobody has judged: they count neither way.") : el("p", {}, "Correct or confirm some turns first: ", el("a", { href: turns({ order: "random", open: "true" }) }, "a random sample"), " says most."),
    looked ? el("p", { class: "quiet" }, `By ${people(review)}.`) : null,
  );
}

function headline(report) {
  const rows = ["exact", "dialogue_accuracy", "macro_f1", "ece"].map((figure) => {
    const [low, high] = report.intervals[figure];
    return el(
      "div",
      { class: "card figure" },
      el("dt", {}, FIGURES[figure]),
      el("dd", { class: "big" }, percent(report[figure], 1)),
      el("dd", { class: "quiet" }, `95 %: ${percent(low, 1)} to ${percent(high, 1)}`),
    );
  });
  return el("dl", { class: "headline" }, rows);
}

/** All figures beside the baselines', and a drawing of the first. */
function figures(report) {
  const names = Object.keys(FIGURES).filter((name) => report[name] != null);
  const others = Object.entries(report.baselines);
  const text = (of, name) => (of[name] == null ? "–" : percent(of[name], 1));
  const rows = names.map((name) => [FIGURES[name], text(report, name), ...others.map(([, of]) => text(of, name))]);
  for (const [risk, share] of Object.entries(report.coverage_at_risk)) {
    rows.push([`answered, ${percent(risk)} wrong`, percent(share, 1), ...others.map(([, of]) => percent(of.coverage_at_risk[risk], 1))]);
  }
  const judged = [["policy", report], ...others];
  return el(
    "section",
    { class: "card", "aria-label": "Beside the baselines" },
    el("h2", {}, "Beside the baselines"),
    el("p", { class: "quiet" }, "Right turns, with 95 % intervals by resampling dialogues."),
    el("ul", { class: "intervals" }, judged.map(([name, of]) => interval(name, of))),
    behind("Beside the baselines", { head: ["", "policy", ...others.map(([name]) => name)], rows }),
  );
}

function interval(name, { exact, intervals }) {
  const [low, high] = intervals.exact;
  const bar = el("span", { class: "track" }, el("span", { class: "whisker" }), el("span", { class: "point" }));
  bar.style.setProperty("--low", low);
  bar.style.setProperty("--high", high);
  bar.style.setProperty("--at", exact);
  const between = el("span", { class: "quiet" }, ` ${percent(low, 1)} to ${percent(high, 1)}`);
  return el("li", { class: name === "policy" ? "own" : "" }, el("span", {}, name), bar, el("span", { class: "number" }, percent(exact, 1), between));
}

function reliability({ reliability: bins }, turns) {
  const edge = (confidence, by) => ((Math.min(Math.floor(confidence * BINS), BINS - 1) + by) / BINS).toFixed(4);
  const bin = (text, confidence) => (turns ? el("a", { href: turns({ above: edge(confidence, 0), below: confidence * BINS >= BINS - 1 ? "" : edge(confidence, 1) }) }, text) : text);
  const most = Math.max(...bins.map(({ turns }) => turns));
  const share = { range: [0, 1], ticks: [0, 0.25, 0.5, 0.75, 1], text: (one) => percent(one) };
  return el(
    "section",
    { class: "card", "aria-label": "Is confidence what it says?" },
    el("h2", {}, "Is confidence what it says?"),
    el("p", { class: "quiet" }, "On the line, decisions with 80 % confidence are right in 80 %. Larger dots are more turns."),
    chart({
      title: "Reliability",
      x: { name: "confidence", ...share },
      y: { name: "share that is right", ...share },
      marks: (at) => [
        line(at, [[0, 0], [1, 1]], "even"),
        bins.map(({ turns, confidence, right }) => dot(at, [confidence, right], "", 3 + 9 * Math.sqrt(turns / most))),
      ],
      table: {
        head: ["confidence", "right", "turns"],
        rows: bins.map(({ turns: times, confidence, right }) => [bin(percent(confidence, 1), confidence), percent(right, 1), count(times)]),
      },
      points: bins.map(({ confidence, right }) => [confidence, right]),
    }),
  );
}

function trained({ history, best_epoch: best, dialogues, epochs }) {
  if (!history) return null;
  const { loss, exact } = history;
  const high = Math.max(...loss);
  return el(
    "section",
    { class: "card", "aria-label": "How it was trained" },
    el("h2", {}, "How it was trained"),
    el("p", { class: "quiet" }, `On ${many(dialogues, "dialogue")}, ${many(epochs, "epoch")}; epoch ${best} was kept. The line is the loss, the dashes what is right of held-out turns.`),
    chart({
      title: "Training",
      x: { name: "epoch", range: [1, Math.max(loss.length, 2)], ticks: [1, best, loss.length].filter((one, i, all) => all.indexOf(one) === i), text: String },
      y: { name: "loss", range: [0, high], ticks: ticks(high), text: (one) => one.toFixed(high < 1 ? 2 : 1) },
      marks: (at) => [
        line(at, loss.map((one, i) => [i + 1, one])),
        line(at, exact.map((one, i) => [i + 1, one * high]), "dashed"),
        dot(at, [best, exact[best - 1] * high], "now", 5),
      ],
      table: { head: ["epoch", "loss", "held-out right"], rows: loss.map((one, i) => [i + 1, one.toFixed(4), percent(exact[i], 1)]) },
      points: loss.map((one, i) => [i + 1, one]),
    }),
  );
}

function actions({ actions }, turns) {
  const mistakes = ({ targets, decided, hits }) => targets + decided - 2 * hits;
  const ranked = Object.entries(actions).sort(([, one], [, other]) => mistakes(other) - mistakes(one));
  const share = (one) => (one == null ? "–" : percent(one, 1));
  const rows = ranked.map(([name, one]) => [
    [turns ? el("a", { href: turns({ action: name }) }, name) : name, one.out_of_space ? " (unknown to the policy)" : null],
    ...[count(one.targets), count(one.decided), share(one.precision), share(one.recall), share(one.f1)],
  ]);
  const head = ["action", "to do", "decided", "precision", "recall", "F1"];
  const table = scrolled("Actions", grid({ head, rows }, FIRST));
  const whole = () => {
    fill(table, grid({ head, rows }));
    more.remove();
  };
  const more = el("button", { type: "button", class: "plain", on: { click: whole } }, `Show all ${rows.length} actions`);
  return el(
    "section",
    { class: "card", "aria-label": "By action" },
    el("h2", {}, "By action"),
    el("p", { class: "quiet" }, "Those with the most mistakes first."),
    table,
    el("div", { class: "tools" }, rows.length > FIRST ? more : null, downloads("Actions", { head, rows: ranked.map(([name, one]) => [name, one.targets, one.decided, one.precision, one.recall, one.f1]) })),
  );
}
