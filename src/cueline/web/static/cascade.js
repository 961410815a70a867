// In front of a model: who answers, and how the promise of a policy stands, now and before.

import { button, exclusive } from "./acting.js";
import { get, newKey, post, query } from "./api.js";
import { author } from "./author.js";
import { chart, dot, line, scrolled, ticks } from "./charts.js";
import { el, fill, say } from "./dom.js";
import { choice, labelled } from "./fields.js";
import { questions } from "./questions.js";
import { grid, when } from "./tables.js";
import { current } from "./training.js";
import { count, many, percent } from "./words.js";

const LATER = 2000; // milliseconds between looks
const HIGHEST = 4; // times the promise: a bound above that is drawn at the edge
const BECAUSE = {
  sure: "answered here, sure",
  asked: "answered here, sure, and drawn for a person to check",
  away: "answered here, as the model was away",
  audit: "sure, and drawn to be checked",
  risk: "sure, but not known to be right often enough",
  unsure: "not sure, or words were needed",
  unread: "not all of it can be read here",
  shadow: "everything goes there (--shadow)",
};
const STANDINGS = { answers: "answers", unproven: "not proved yet", broken: "found wrong too often" };

/** @type {any} */
let made = null;

export async function show(main) {
  const found = await get("/v1/cascade").catch((problem) => {
    if (problem.status !== 404) throw problem;
    throw new Error("This server stands in front of no model: start it with cueline serve --upstream URL.");
  });
  made?.end();
  made = make(found);
  fill(main, made.whole);
}

function make(first) {
  const told = el("div", { class: "stack", role: "status" });
  const facts = el("div", {});
  const known = el("div", { class: "stack" });
  const picker = el("div", {});
  const whole = el("section", { class: "card stack", "aria-label": "Cascade" }, el("div", { class: "tools" }, el("h1", {}, "Cascade"), picker), told, facts);
  const act = exclusive(whole);
  let found = first; // what was seen last
  const asked = questions(look);
  const learn = button("", act, async () => {
    await post("/v1/training", { serve: true, since: since(found), author: author() }, key);
    key = newKey();
    say("The policy learns from what was done; how far that is stands at the top of the page");
  });
  let key = newKey(); // for as long as nobody knows whether a training was begun
  let policy = ""; // whose promise is looked at; none: that of the one that answers
  let answers = first.policy; // the policy that answers
  let drawn = "";

  async function look() {
    if (document.hidden) return;
    draw(await get(`/v1/cascade?${query({ policy })}`));
    if (found.auditor === "person") await asked.look();
  }

  function draw(seen) {
    if (!policy) found = seen;
    const all = JSON.stringify(seen);
    if (!policy && seen.policy !== answers) {
      answers = seen.policy;
      document.dispatchEvent(new CustomEvent("policy", { detail: answers }));
      offer().catch(tell);
    }
    learn.textContent = since(found) ? "Learn from what is kept since it was found wrong" : "Learn from all that is kept";
    learn.hidden = !found.record || !current()?.possible || current().running;
    if (all === drawn) return;
    const words = sentence(seen, !policy);
    if (told.textContent !== words) fill(told, el("p", {}, words));
    fill(facts, figures(seen));
    if (known.contains(document.activeElement)) return; // someone reads there: it is drawn later
    drawn = all;
    const open = known.querySelector("details[open]");
    fill(known, where(seen), seen.history.length ? past(seen) : null, seen.levels.length ? levels(seen) : null);
    if (open) for (const one of known.querySelectorAll("details")) one.open = true;
  }

  /** The policies that are loaded, the one that answers first. */
  async function offer() {
    const { loaded } = await get("/v1/policies").catch((problem) => {
      if (problem.status !== 403) throw problem;
      return { loaded: [] }; // this caller may see the one that answers
    });
    const others = loaded.filter((hash) => hash !== answers).map((hash) => [hash, hash]);
    if (!others.some(([hash]) => hash === policy)) policy = "";
    const pick = choice([["", "the one that answers now"], ...others], (event) => {
      policy = event.target.value;
      look().catch(tell);
    }, policy);
    fill(picker, others.length ? labelled("Policy", pick) : null);
  }

  const tell = (problem) => say(problem.message);
  const timer = setInterval(() => (whole.isConnected ? look().catch(tell) : end()), LATER);
  const end = () => clearInterval(timer);
  whole.append(learn, asked.element, known);
  draw(first);
  offer().then(look).catch(tell);
  return { whole, end };
}

/** When the policy was last found wrong; 0 where it never was. */
const since = ({ history }) => history.findLast((point, i) => point.standing === "broken" && history[i - 1]?.standing !== "broken")?.at ?? 0;

/** Who answers, and why, in words. */
function sentence({ shadow, standing, threshold, promised, upstream }, answersNow) {
  const away = upstream === "away" ? " The model does not answer just now." : "";
  if (!answersNow) return `This policy does not answer now. ${{ answers: "Its promise held when it was checked last.", broken: "It was found to be wrong more often than promised.", unproven: "It has not shown yet how often it is wrong.", unwatched: "Nothing of it is checked." }[standing]}${away}`;
  if (shadow) return `Every turn goes to the model. What the policy would do is checked, and none of it is done.${away}`;
  const texts = {
    answers: threshold ? `The policy answers the turns of which it is at least ${percent(threshold)} confident; its other sure turns go to the model, each a check.` : "The policy answers every turn of which it is sure, all others go to the model.",
    unproven: `Sure turns go to the model for now, and each is a check: the policy answers once it is known that at most ${percent(promised, 1)} are wrong.`,
    broken: `The policy was found to be wrong more often than the ${percent(promised, 1)} promised. Its sure turns go to the model, each a check, until it is known to be right again.`,
    unwatched: "The policy answers every turn of which it is sure, and nothing is checked: --audit 0.02 would watch its promise.",
  };
  return `${texts[standing]}${away}`;
}

function figures({ promised, upper_bound: bound, audits, audit, levels, deferred, turns }) {
  const all = Object.values(turns).reduce((sum, one) => sum + one, 0);
  const rows = [
    ["promised", `at most ${percent(promised, 1)}`, "of the answers here are wrong"],
    bound === null ? null : ["known", bound < 1 ? `at most ${percent(bound, 1)}` : "nothing yet", `after ${many(audits, "check")}${levels.length ? `, ${count(levels[0].wrong)} wrong of the ${count(levels[0].audits)} that count` : ""}`],
    ["deferred", deferred === null ? "–" : percent(deferred, 1), `of ${many(all, "turn")} since this server began went to the model`],
    ["checked", percent(audit, 1), "of the sure turns, at random"],
  ];
  return el("dl", { class: "headline" }, rows.filter((row) => row !== null).map(([name, value, what]) => el("div", { class: "card figure" }, el("dt", {}, name), el("dd", { class: "big" }, value), el("dd", { class: "quiet" }, what))));
}

function where({ turns }) {
  const all = Object.values(turns).reduce((sum, one) => sum + one, 0);
  const rows = Object.keys(BECAUSE).filter((because) => turns[because]).map((because) => [BECAUSE[because], count(turns[because]), percent(turns[because] / all, 1)]);
  if (!rows.length) return el("p", { class: "quiet" }, "No agent has asked yet.");
  return [el("h2", {}, "Where turns went"), scrolled("Where turns went", grid({ head: ["", "turns", "share"], rows }))];
}

function levels({ levels }) {
  const rows = levels.map(({ confidence, standing, audits, wrong, upper_bound: bound }) => [confidence ? `confidence from ${percent(confidence)}` : "all that are sure", STANDINGS[standing], count(audits), count(wrong), percent(bound, 1)]);
  return [
    el("h2", {}, "How far it is known"),
    el("p", { class: "quiet" }, "A level answers while the most that can be wrong of it is within the promise. Checks count since it last began anew."),
    scrolled("How far it is known", grid({ head: ["level", "standing", "checks", "wrong", "at most wrong"], rows })),
  ];
}

/** The bound after ever more checks, and when that changed who answers. */
function past({ history, promised }) {
  const top = Math.min(1, HIGHEST * promised);
  const last = Math.max(2, history.at(-1).audits);
  const shown = history.map((point) => [point.audits, Math.min(point.upper_bound, top)]);
  const changes = history.filter((point, i) => i && (point.standing !== history[i - 1].standing || point.threshold !== history[i - 1].threshold));
  const told = (point) => (point.threshold === null ? STANDINGS[point.standing] : point.threshold ? `answers from a confidence of ${percent(point.threshold)}` : "answers all that are sure");
  const rows = [history[0], ...changes].map((point) => [when(point.at), count(point.audits), told(point), percent(point.upper_bound, 1)]).reverse();
  return [
    el("h2", {}, "What was known, and when"),
    el("p", { class: "quiet" }, "The line is the most that can be wrong, as far as the checks say; the dashes are what was promised. Dots are changes of who answers."),
    chart({
      title: "The watched promise",
      x: { name: "checks", range: [1, last], ticks: [...ticks(last).filter((one) => one >= 1)], text: count },
      y: { name: "at most wrong", range: [0, top], ticks: ticks(top), text: (one) => `${one === top && top < 1 ? "≥ " : ""}${percent(one, promised < 0.02 ? 1 : 0)}` },
      marks: (at) => [line(at, [[1, promised], [last, promised]], "even"), line(at, shown), changes.map((point) => dot(at, [point.audits, Math.min(point.upper_bound, top)], "now"))],
      table: { head: ["checks", "at most wrong"], rows: history.map((point) => [count(point.audits), percent(point.upper_bound, 1)]) },
      points: shown,
    }),
    scrolled("What changed", grid({ head: ["when", "checks", "since then", "at most wrong"], rows })),
  ];
}
