// What was heard in a turn, and from where each argument of a call was copied.

import { scrolled } from "./charts.js";
import { el } from "./dom.js";
import { grid } from "./tables.js";
import { count, percent, said } from "./words.js";

const SOURCES = {
  span: "words that name",
  spans: "all words that name",
  slot: "what was last named as",
  feature: "the feature",
  argument: "an earlier call's",
  result: "a result's",
  text: "an id, a number or a quotation",
  constant: "training",
};
const FIGURES = {
  span_f1: "span F1",
  joint_goal_accuracy: "all slots right",
  argument_accuracy: "right arguments",
  call_accuracy: "right calls",
};

/** What the user said, with the names of what was heard in it. */
export function heard({ user, words }) {
  if (!words?.pieces.length) return said(user);
  return words.pieces.map((piece) => {
    const name = label(piece, words.labelled);
    return name === null ? piece.text : el("mark", { class: kind(piece, words.labelled) }, piece.text, " ", el("bdi", { class: "label" }, name));
  });
}

function label({ heard, value, due, right }, labelled) {
  if (heard === null) return due === null ? null : `${due}, missed`;
  const name = value === null ? heard : `${heard}: ${value}`;
  if (!labelled || right) return name;
  if (due === null) return `${name}, not so`;
  return due === heard ? `${name}, other words` : `${name}, not ${due}`;
}

const kind = ({ heard, right }, labelled) => (heard === null ? "missed" : labelled && !right ? "wrong" : "");

/** The calls of turn `number`, each a table of its arguments; `choose(turn)` looks at another turn. */
export function calls({ words }, number, choose) {
  return words?.calls.map(({ action, state, arguments: given }) => {
    const verdict = state === "unlabelled" ? null : el("span", { class: state === "right" ? "badge" : "badge wrong" }, state);
    if (!given.length) return el("p", { class: "call" }, el("code", {}, action), " without arguments", verdict);
    const mistaken = given.some(wrong);
    const names = ["argument", "value", "copied from", ...(mistaken ? ["right"] : [])];
    const head = names.map((name) => el("th", { scope: "col" }, name));
    const rows = given.map((one) =>
      el(
        "tr",
        { class: wrong(one) ? "mistaken" : "" },
        el("th", { scope: "row" }, one.name),
        el("td", { dir: "auto" }, value(one, state)),
        el("td", {}, one.source === null ? null : origin(one, number, choose)),
        mistaken ? el("td", { dir: "auto" }, wrong(one) ? due(one) : null) : null,
      ),
    );
    return scrolled(`Arguments of ${action}`, el("table", { class: "call" }, el("caption", {}, el("code", {}, action), verdict), el("thead", {}, el("tr", {}, head)), el("tbody", {}, rows)));
  });
}

const wrong = ({ state }) => state === "wrong" || state === "not due" || state === "left out";

function value(one, call) {
  if (one.given) return [written(one.value), wrong(one) ? el("span", { class: "badge wrong" }, "wrong") : null];
  const why = one.missing ? "missing: needed, and found nowhere" : call === "left out" ? "not called" : "left out";
  return el("span", { class: "quiet" }, why);
}

const due = ({ state, right }) => (state === "not due" ? el("span", { class: "quiet" }, "no such argument") : written(right));

function origin({ source, turn, probability }, number, choose) {
  const [kind, ...rest] = source.split(" ");
  const where = turn === null ? null : turn === number ? "here" : el("button", { type: "button", class: "plain", on: { click: () => choose(turn) } }, `at turn ${turn}`);
  return [SOURCES[kind] ?? kind, kind === "text" ? null : ` ${rest.join(" ")}`, where ? [", ", where] : null, el("span", { class: "quiet" }, ` ${percent(probability)}`)];
}

const written = (value) => (typeof value === "string" ? value : JSON.stringify(value));

/** What is not right about the calls of a turn, seen before the turn is opened. */
export function flaws({ words }) {
  const flawed = words?.calls.filter(({ state }) => state !== "right" && state !== "unlabelled") ?? [];
  return flawed.map(({ action, state }) => el("span", { class: "badge wrong" }, `call of ${action} ${state}`));
}

/** What turn `selected` copies from each turn: the names of its arguments by turn. */
export function lent({ words }) {
  const by = new Map();
  for (const call of words?.calls ?? []) {
    for (const { name, turn } of call.arguments) {
      if (turn !== null) by.set(turn, [...(by.get(turn) ?? []), name]);
    }
  }
  return by;
}

/** The figures of words and calls in a report; nothing where the corpus names nothing. */
export function wordFigures({ words }) {
  if (!words) return null;
  const names = Object.keys(FIGURES).filter((name) => words[name] !== null);
  const rows = names.map((name) => {
    const [low, high] = words.intervals[name];
    return [FIGURES[name], percent(words[name], 1), `${percent(low, 1)} to ${percent(high, 1)}`];
  });
  return el(
    "section",
    { class: "card", "aria-label": "Words and calls" },
    el("h2", {}, "Words and calls"),
    el("p", { class: "quiet" }, "What was heard beside what the corpus names, and calls with all their arguments; intervals by resampling dialogues."),
    scrolled("Figures of words and calls", grid({ head: ["", "policy", "95 %"], rows })),
    counted("Spans by label", words.labels),
    counted("Arguments by parameter", words.parameters),
    counted("Calls by action", words.calls),
  );
}

function counted(title, figures) {
  const ranked = Object.entries(figures).sort(([, one], [, other]) => mistakes(other) - mistakes(one));
  if (!ranked.length) return null;
  const share = (right, all) => (all ? percent(right / all, 1) : "–");
  const rows = ranked.map(([name, { right, found, there }]) => [name, count(there), count(found), share(right, found), share(right, there)]);
  const head = ["", "there", "found", "precision", "recall"];
  return el("details", {}, el("summary", {}, title), scrolled(title, grid({ head, rows })));
}

const mistakes = ({ right, found, there }) => found + there - 2 * right;
