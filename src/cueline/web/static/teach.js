// Train again on what was corrected, watch it, and see what changes.

import { get, post, put, query, stream } from "./api.js";
import { changed } from "./comparing.js";
import { el, fill, say } from "./dom.js";
import { many, percent } from "./words.js";

/** A card that teaches, null where this caller may not; `taught()` is told of each new policy. */
export async function teaching(taught) {
  const state = await allowed(() => get("/v1/training"));
  if (!state?.possible) return null;
  const log = el("ol", { class: "lines", "aria-label": "What training says", tabindex: "0" });
  const result = el("div", { class: "stack", "aria-label": "What changed", role: "region" });
  const button = el("button", { type: "button" }, "Train on the corrections");
  button.addEventListener("click", async () => {
    button.disabled = true;
    fill(result);
    try {
      await post("/v1/training");
      const { name } = await follow(log);
      say("Trained; the gate is being passed");
      fill(result, await enter(name));
      await taught();
    } catch (problem) {
      say(problem.message);
    }
    button.disabled = false;
  });
  if (state.running) follow(log).catch((problem) => say(problem.message));
  return el(
    "section",
    { class: "card", "aria-label": "Teach" },
    el("h2", {}, "Teach"),
    el("p", { class: "quiet" }, "What you save as right is kept. Train again on it and on the corpus; the new policy answers once it has passed the gate."),
    button,
    log,
    result,
  );
}

/** Show what training says, line by line, until it is over; gives where it stands then. */
async function follow(log) {
  fill(log);
  for await (const line of stream("/v1/training/events")) {
    log.append(el("li", {}, line));
    log.scrollTop = log.scrollHeight;
  }
  const state = await get("/v1/training");
  if (state.failed) throw new Error("The training failed; what it said last tells why");
  return state;
}

/** Past the gate and into service; gives what is different now. */
async function enter(name) {
  const before = (await get("/v1/policies")).current;
  const gate = await post("/v1/policies", { name });
  const after = gate.policy;
  await put("/v1/policies/current", { policy: after });
  const found = [];
  for (const source of ["live", "corpus"]) {
    const { dialogues } = await get(`/v1/browse/${source}`);
    if (dialogues) {
      const changes = await get(`/v1/changes/${source}?${query({ before, after })}`);
      found.push(el("h3", {}, source === "live" ? "Live dialogues" : "The corpus"), changed(source, changes));
    }
  }
  const back = el("button", { type: "button", class: "plain" }, "Back to the policy before");
  back.addEventListener("click", async () => {
    await post("/v1/policies/rollback");
    document.dispatchEvent(new Event("policy"));
    back.remove();
    say("The policy before answers again");
  });
  const corrected = gate.corrected ? `${percent(gate.corrected_right)} of ${many(gate.corrected, "correction")} are decided right now. ` : "";
  return [el("p", {}, corrected, `${percent(gate.agreement)} of the live turns are decided as they were.`), found, back];
}

async function allowed(ask) {
  try {
    return await ask();
  } catch (problem) {
    if (problem.status !== 403) throw problem;
    return null;
  }
}
