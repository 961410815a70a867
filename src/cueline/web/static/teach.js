// Teach: train again on what was corrected, watch it, and see what changes. All of it happens on the server.

import { button, exclusive } from "./acting.js";
import { erase, get, newKey, post, put, query } from "./api.js";
import { author, authorField } from "./author.js";
import { changed } from "./comparing.js";
import { el, fill, mount, say } from "./dom.js";
import { past, stateOf } from "./history.js";
import { inbox } from "./inbox.js";
import { current, watch } from "./training.js";
import { many, percent, seconds } from "./words.js";

/** @type {any} */
let made = null;

export async function show(main) {
  if (!current()) await watch();
  if (!current()?.possible) throw new Error(current() ? "This server does not train: start it with cueline serve --teach." : "Your API key does not allow training: it lacks the scope admin.");
  made ??= make();
  mount(main, made.whole);
  await made.draw(true);
}

function make() {
  const now = el("div", { class: "stack", role: "status" });
  const log = el("ol", { class: "lines", "aria-label": "What training says", tabindex: "0" });
  const result = el("div", { class: "stack", role: "region", "aria-label": "What changed" });
  const history = el("div", { class: "stack" });
  const card = el("section", { class: "card stack", "aria-label": "Teach" }, el("h1", {}, "Teach"));
  const act = exclusive(card);
  let key = newKey(); // for as long as nobody knows whether a training was begun
  const train = button("Train on the corrections", act, async () => {
    await post("/v1/training", { serve: true, author: author() }, key);
    key = newKey();
  });
  const cancel = button("Cancel", act, () => erase("/v1/training"), "plain");
  const back = button("Back to the policy before", act, async () => {
    await put("/v1/policies/current", { policy: current().previous });
    say("The policy before answers again");
  }, "plain");
  const corrections = inbox();
  card.append(
    el("p", { class: "quiet" }, "What you save as right is kept. Train again on it; the new policy answers once it has passed the gate. The server does it: you may close the page."),
    corrections.summary,
    authorField(),
    el("div", { class: "tools" }, train, cancel, back),
    now,
    log,
    result,
    history,
  );

  let compared = ""; // the change that is shown
  let ended = ""; // the training that was over when the corrections were asked for
  async function draw(anew = false) {
    const { running, jobs, current: policy, previous } = current();
    const [job] = jobs;
    train.hidden = running;
    cancel.hidden = !running;
    back.hidden = running || previous === null;
    if (job?.state === "interrupted") train.textContent = "Begin again";
    else train.textContent = "Train on the corrections";
    fill(now, job ? standing(job) : null);
    fill(log, job?.lines.map((line) => el("li", {}, line)));
    log.hidden = !job?.lines.length;
    log.scrollTop = log.scrollHeight;
    fill(history, past(jobs, policy));
    const over = JSON.stringify([job?.name, job?.ended]);
    if (anew || over !== ended) await corrections.draw();
    ended = over;
    const change = job?.state === "serving" ? `${job.base} ${job.policy}` : "";
    if (change === compared) return;
    compared = change;
    fill(result, change ? await differences(job) : null);
  }

  document.addEventListener("training", () => {
    if (card.isConnected) draw().catch((problem) => say(problem.message));
  });
  return { whole: el("div", { class: "stack" }, card, corrections.element), draw };
}

/** How far a training is, in a sentence and a bar. */
function standing(job) {
  const told = `${job.name}: ${stateOf(job)}`;
  if (job.state === "training") {
    const left = job.seconds_left === null ? "" : `, ${seconds(job.seconds_left)} left at the most`;
    const text = job.epoch ? `${told}, epoch ${job.epoch} of at most ${job.epochs}${left}.` : `${told} begins.`;
    return [el("p", {}, text), el("progress", { max: job.epochs, value: job.epoch, "aria-label": "Epochs" })];
  }
  if (job.state === "interrupted") return el("p", { class: "hint" }, `${told}: the server ended before it was over. The corrections are kept; begin again.`);
  if (job.state === "serving") return el("p", {}, `${told}. `, gated(job.gate));
  return el("p", {}, told, job.detail ? `: ${job.detail}` : ".");
}

function gated(gate) {
  const corrected = gate.corrected ? `${percent(gate.corrected_right)} of ${many(gate.corrected, "correction")} are decided right now. ` : "";
  return `${corrected}${percent(gate.agreement)} of the live turns are decided as they were.`;
}

/** What the policy that a training made decides otherwise than the one before. */
async function differences({ base: before, policy: after }) {
  const found = [];
  const { loaded } = await get("/v1/policies");
  if (![before, after].every((hash) => loaded.includes(hash))) return null;
  for (const source of ["live", "corpus"]) {
    const { dialogues } = await get(`/v1/browse/${source}`);
    if (dialogues) {
      const changes = await get(`/v1/changes/${source}?${query({ before, after })}`);
      found.push(el("h2", {}, source === "live" ? "Live dialogues" : "The corpus"), changed(source, changes));
    }
  }
  return found;
}
