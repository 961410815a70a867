// Which part is shown: the address after `#` says it, so that it can be linked and gone back to.

import { read } from "./address.js";
import { alone, get, unlock } from "./api.js";
import { el, fill, say } from "./dom.js";
import { percent } from "./words.js";
import { part, parts } from "./parts.js";
import { current, watch } from "./training.js";

const main = document.getElementById("main");
const links = document.getElementById("parts");

const tellOf = (problem) => say(problem.message);
let showing = Promise.resolve();
let place = ""; // the part that is shown

async function show() {
  const { name, places, values } = read(location.hash);
  if (name === "main") return; // a place within what is shown
  const shown = part(name);
  if (!shown) return restart(name);
  place = shown.name;
  document.title = `${shown.title} – Cueline`;
  for (const link of links?.children ?? []) {
    const here = link.getAttribute("href") === `#${shown.name}`;
    if (here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  try {
    await /** @type {(main: HTMLElement | null, places: string[], values: Record<string, string>) => Promise<void>} */ (shown.show)(main, places, values);
  } catch (problem) {
    const again = el("button", { type: "button", on: { click: show } }, "Try again");
    const what = [el("h1", {}, shown.title), el("p", {}, problem.message), problem.status === 0 ? again : null];
    fill(main, el("section", { class: "card empty" }, what));
  }
}

/** Say that nothing is there, and where to go instead. */
function restart(name) {
  document.title = "Cueline";
  const there = parts.map((one) => el("li", {}, el("a", { href: `#${one.name}` }, one.title)));
  fill(main, el("section", { class: "card empty" }, el("h1", {}, "Nothing is there"), el("p", {}, `This page has no part “${name}”. It has:`), el("ul", {}, there)));
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
    begin();
  });
  setTimeout(() => {
    fill(main, form);
    input.focus();
  });
}

/** Start; where the server does not answer, let it be tried again. */
function begin() {
  start().catch((problem) => {
    const again = el("button", { type: "button", class: "main", on: { click: begin } }, "Try again");
    fill(main, el("section", { class: "card empty" }, el("h1", {}, "Cueline"), el("p", {}, problem.message), again));
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
  if (read(location.hash).name !== place) say("");
  showing = showing.then(show).catch(tellOf); // one after the other, so that the last one stays
});
begin();
