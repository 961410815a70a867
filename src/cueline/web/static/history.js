// The trainings so far: who began each, what it learned from, and what became of it.

import { downloads, scrolled } from "./charts.js";
import { el } from "./dom.js";
import { grid, when } from "./tables.js";
import { count } from "./words.js";

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
  const rows = jobs.map((job) => [
    job.name,
    when(job.began),
    job.author ?? "–",
    count(job.corrections),
    [stateOf(job), job.policy === current ? ", answers now" : null],
    job.policy ? el("code", {}, job.policy) : "–",
  ]);
  const table = { head: ["policy", "begun", "by", "corrections", "what became of it", "hash"], rows };
  return [el("h2", {}, "Trainings so far"), scrolled("Trainings so far", grid(table)), el("div", { class: "tools" }, downloads("Trainings so far", table))];
}
