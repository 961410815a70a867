// The policies that came one after another, on the same dialogues: whether they get better.

import { button, exclusive } from "./acting.js";
import { get, query } from "./api.js";
import { chart, line, spread } from "./charts.js";
import { el, fill, say } from "./dom.js";
import { when } from "./tables.js";
import { current } from "./training.js";
import { count, percent } from "./words.js";

/** A button that has all these policies judged on a source, the oldest first, and where that is shown. */
export function overTime(source, policies) {
  const place = el("div", { class: "stack" });
  const all = button(`Compare all ${policies.length} over time`, exclusive(place), async () => {
    const figures = [];
    for (const [number, policy] of policies.entries()) {
      say(`Judging policy ${number + 1} of ${policies.length}`);
      figures.push(figure(policy, await get(`/v1/judge/${source}?${query({ policy })}`)));
    }
    say("");
    fill(place, drawn(figures));
  });
  return el("div", { class: "stack" }, el("div", {}, all), place);
}

/** What is known of a policy. Of what is live, how much of what people looked at is decided right. */
function figure(policy, { report, review }) {
  const began = current()?.jobs.find((job) => job.policy === policy)?.began ?? null;
  const looked = review.corrected + review.confirmed;
  const live = { exact: looked ? review.right / looked : null, of: looked };
  return { policy, began, ...(report ? { exact: report.exact, range: report.intervals.exact, flawless: report.dialogue_accuracy, macro: report.macro_f1, error: report.ece, of: report.turns } : live) };
}

function drawn(figures) {
  const share = (one) => (one == null ? "–" : percent(one, 1));
  const rows = figures.map(({ policy, began, exact, range, flawless, macro, error, of }) => [el("code", {}, policy), began === null ? "–" : when(began), share(exact), share(range?.[0]), share(range?.[1]), share(flawless), share(macro), share(error), count(of)]);
  const points = figures.map(({ exact }, number) => [number + 1, exact ?? 0]);
  return chart({
    title: "Policies over time",
    x: { name: "policies, the oldest first", range: [0.5, figures.length + 0.5], ticks: figures.map((_, number) => number + 1), text: String },
    y: { name: "share that is right", range: [0, 1], ticks: [0, 0.25, 0.5, 0.75, 1], text: (one) => percent(one) },
    marks: (at) => [figures.map(({ range }, number) => (range ? spread(at, number + 1, range) : null)), line(at, points)],
    table: { head: ["policy", "trained", "right", "from", "to", "flawless", "macro F1", "calibration error", "turns"], rows },
    points,
    read: { label: "Policy", first: figures.length - 1 },
  });
}
