// Talk with the policy, look at each decision, say what would have been right.

import { button as plainButton, exclusive } from "./acting.js";
import { get } from "./api.js";
import { authorField } from "./author.js";
import { context } from "./context.js";
import { Conversation } from "./conversation.js";
import { bars, candidates, chips, masked, sureness } from "./decision.js";
import { el, fill, mount, say } from "./dom.js";
import { editor } from "./editor.js";
import { why } from "./why.js";
import { named, percent, said, same } from "./words.js";

let conversation = new Conversation();
let hash = ""; // of the policy that answers
let selected = -1; // the turn whose decision is looked at
/** What is on the page, made once: going away and coming back changes nothing. @type {any} */
let parts = null;
/** Do something slow, then draw; nothing while the last is under way. @type {(work: () => Promise<void>) => Promise<boolean>} */
let doing;

export async function show(main, [id]) {
  parts ??= await make(await get("/v1/policy"));
  if (id && id !== conversation.id) goTo(await Conversation.load(encodeURIComponent(id)));
  mount(main, parts.whole);
  draw();
}

async function make(policy) {
  const whole = el("div", { class: "columns" });
  hash = policy.hash;
  const act = exclusive(whole);
  doing = (work) =>
    act(async () => {
      try {
        await work();
      } finally {
        draw();
      }
    });
  const log = el("ol", { class: "log", "aria-label": "Conversation" });
  const input = el("input", { id: "say", autocomplete: "off", placeholder: "Say something", "aria-label": "What the user says", maxlength: 8000 });
  const knows = context(policy);
  const step = (user) => async () => {
    try {
      await conversation.step(user, knows.value());
    } catch (problem) {
      if (problem.status !== 409) throw problem;
      goTo(await Conversation.load(conversation.id));
      throw new Error("The dialogue had moved on meanwhile; this is how it stands.");
    }
    selected = conversation.turns.length - 1;
    const { decision } = conversation.turns[selected];
    say(`${named(decision.actions)}, ${percent(decision.confidence)}${decision.sure ? "" : ", not sure"}`, true);
  };
  const composer = el(
    "form",
    { class: "composer" },
    input,
    el("button", { class: "main" }, "Say"),
    button("Let it act again", step(null), "silent"),
  );
  composer.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = input.value;
    if (text.trim()) doing(step(text)).then((well) => {
      if (well && input.value === text) input.value = "";
    });
  });
  const undo = button("Undo", async () => goTo(await conversation.branch(conversation.turns.length - 1)));
  const afresh = button("New dialogue", async () => goTo(new Conversation()));
  const again = button("Say it again to the new policy", async () => goTo(await conversation.branch(conversation.turns.length), selected), "plain");
  const panel = el("section", { class: "card decision", "aria-label": "Decision" });
  const talk = el(
    "section",
    { class: "card talk", "aria-label": "Talk" },
    el("div", { class: "tools" }, el("h1", {}, "Talk"), again, undo, afresh),
    log,
    composer,
  );
  const side = el("div", { class: "side" }, panel, el("div", { class: "card" }, authorField()), el("div", { class: "card" }, knows.element));
  fill(whole, talk, side);
  document.addEventListener("policy", (event) => {
    hash = /** @type {CustomEvent} */ (event).detail;
    draw();
  });
  return { whole, log, panel, undo, again };
}

/** The turns of the conversation, as a corpus has them. */
export const turns = () => conversation.turns.map(({ user, features, available, did }) => ({ user, features, available, actions: did }));

function draw() {
  const { id, turns } = conversation;
  if (parts.whole.isConnected) history.replaceState(null, "", id ? `#talk/${id}` : "#talk");
  fill(parts.log, turns.map(turnOf));
  parts.log.lastElementChild?.scrollIntoView({ block: "nearest" });
  parts.undo.disabled = turns.length === 0;
  parts.again.hidden = turns.every(({ policy }) => policy === hash);
  fill(parts.panel, turns.length ? decisionOf(turns[selected]) : greeting());
}

function turnOf(turn, number) {
  const click = () => {
    selected = number;
    draw();
  };
  const look = el(
    "button",
    { type: "button", class: "acts", "aria-pressed": String(number === selected), on: { click } },
    chips(turn.correction ?? turn.decision.actions, turn.correction ? "corrected" : ""),
    turn.correction ? el("span", { class: "quiet" }, "corrected") : sureness(turn.decision),
    same(turn.did, turn.correction ?? turn.decision.actions) ? null : el("span", { class: "quiet" }, `did ${named(turn.did)}`),
  );
  const branch = button("Branch here", async () => goTo(await conversation.branch(number)), "plain");
  branch.setAttribute("aria-label", `Branch before turn ${number}`);
  const user = el("p", { class: turn.user === null ? "user silent" : "user", dir: "auto" }, said(turn.user));
  return el("li", {}, el("div", { class: "said" }, branch, user), look);
}

function decisionOf(turn) {
  const { decision, correction } = turn;
  const at = selected;
  const verdict = correction && { ...turn.right, actions: correction, opinions: [{ author: null, actions: correction }] };
  const edited = editor({
    turn: { user: turn.user, decided: decision.actions, candidates: decision.candidates, likely: decision.probabilities, verdict, spans: decision.spans, arguments: decision.arguments },
    actions: Object.keys(decision.probabilities),
    save: (right) => conversation.correct(at, right),
    saved: async () => draw(),
  });
  parts.panel.onkeydown = (event) => edited.heard(event);
  return [
    el("h2", {}, `Turn ${selected}`),
    el("p", { class: "verdict" }, chips(decision.actions), sureness(decision)),
    decision.sure ? null : el("p", { class: "hint" }, "Not sure: better ask someone. Say below what would be right."),
    edited.element,
    el("h3", {}, "Why"),
    why(turns().slice(0, at + 1), decision),
    el("h3", {}, "How probable each action is"),
    bars(decision),
    candidates(decision),
    masked(decision.reasons),
  ];
}

const greeting = () => [
  el("h2", {}, "Decisions show here"),
  el("p", { class: "quiet" }, "Say something, and see what the system would do next, how probable each action is, and what may not be done."),
];

function goTo(other, at = other.turns.length - 1) {
  conversation = other;
  selected = at;
}

const button = (text, work, kind = "") => plainButton(text, doing, work, kind);
