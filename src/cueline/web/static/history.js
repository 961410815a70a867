// The trainings so far: who began each, what it learned from, and what became of it.

import { scrolled } from "./charts.js";
import { el } from "./dom.js";
import { many, time } from "./words.js";

const STATES = {
  training: "training",
  gate: "at the gate",
  trained: "trained",
  serving: "let in",
  refused: "refused by the gate",
  failed: "failed",
  cancelled: "cancelled",
  interrupted: "cut off",
};

export const stateOf = (job) => STATES[job.state];

/** A table of trainings, the latest first; null where there was none. */
export function past(jobs, current) {
  if (!jobs.length) return null;
  const rows = jobs.map((job) =>
    el(
      "tr",
      {},
      el("th", { scope: "row" }, job.name),
      el("td", {}, time(job.began)),
      el("td", {}, job.author ?? "–"),
      el("td", {}, many(job.corrections, "correction")),
      el("td", {}, stateOf(job), job.policy === current ? ", answers now" : null),
      el("td", {}, job.policy ? el("code", {}, job.policy) : "–"),
    ),
  );
  const head = ["policy", "begun", "by", "learned from", "what became of it", "hash"].map((name) => el("th", { scope: "col" }, name));
  return [el("h2", {}, "Trainings so far"), scrolled("Trainings so far", el("table", {}, el("thead", {}, el("tr", {}, head)), el("tbody", {}, rows)))];
}
