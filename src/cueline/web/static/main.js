// Which part is shown: the address after `#` says it, so that it can be linked and gone back to.

import { alone, get, unlock } from "./api.js";
import { el, fill, say } from "./dom.js";
import { percent } from "./words.js";
import { part, parts } from "./parts.js";
import { current, watch } from "./training.js";

const main = document.getElementById("main");
const links = document.getElementById("parts");

const tellOf = (problem) => say(problem.message);
let showing = Promise.resolve();

async function show() {
  const [name, ...rest] = location.hash.slice(1).split("/").map(decodeURIComponent);
  const shown = part(name);
  if (!shown) return; // a place within what is shown
  document.title = `${shown.title} – Cueline`;
  for (const link of links?.children ?? []) {
    const here = link.getAttribute("href") === `#${shown.name}`;
    if (here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  try {
    await /** @type {(main: HTMLElement | null, rest: string[]) => Promise<void>} */ (shown.show)(main, rest);
  } catch (problem) {
    fill(main, el("section", { class: "card empty" }, el("h1", {}, shown.title), el("p", {}, problem.message)));
  }
}

function ask() {
  const input = el("input", { type: "password", autocomplete: "off", required: true, id: "key" });
  const form = el(
    "form",
    { class: "card empty" },
    el("h1", {}, "An API key is needed"),
    el("p", {}, "This service answers those who have one. It is forgotten when the tab is closed."),
    el("label", { for: "key" }, "API key"),
    input,
    el("button", { class: "main" }, "Go on"),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    unlock(input.value.trim());
    start().catch(tellOf);
  });
  setTimeout(() => {
    fill(main, form);
    input.focus();
  });
}

async function start() {
  fill(links, parts.map(({ name, title }) => el("a", { href: `#${name}` }, title)));
  if (!alone) await tell();
  if (!alone) watch().catch(tellOf);
  await show();
}

/** Which policy answers. */
async function tell() {
  const policy = await get("/v1/policy");
  fill(document.getElementById("policy"), "policy ", el("code", {}, policy.hash));
}

/** How far a training is, beside the name of the policy, wherever one is on the page. */
function tellTraining() {
  const [job] = current().jobs;
  const link = (text) => el("a", { href: "#teach" }, text);
  const texts = { training: () => `training ${percent(job.epoch / job.epochs)}`, gate: () => "at the gate" };
  fill(document.getElementById("training"), job && texts[job.state] ? link(texts[job.state]()) : null);
}

document.addEventListener("training", tellTraining);
document.addEventListener("locked", ask);
document.addEventListener("policy", tell);
addEventListener("hashchange", () => {
  say("");
  showing = showing.then(show).catch(tellOf); // one after the other, so that the last one stays
});
start().catch(tellOf);
