// Look through dialogues: a corpus, or those that are live.

import { alone, get } from "./api.js";
import { el, fill, mount, say } from "./dom.js";
import { List } from "./list.js";
import { open } from "./reading.js";
import { rows } from "./rows.js";
import { choice, labelled } from "./fields.js";
import { source } from "./source.js";
import { count, many } from "./words.js";

const KINDS = { "": "all", wrong: "a wrong turn", unsure: "an unsure decision", rare: "a rare action" };

/** What is on the page, and of which source. @type {any} */
let shown = null;

export async function show(main, [wanted, number, turn]) {
  const from = await source(wanted);
  const stale = !shown || shown.source !== from.name || shown.policy !== from.shelf.policy || (from.name === "live" && !number);
  if (stale) shown = await make(from);
  mount(main, shown.whole);
  if (number !== undefined) await shown.read(Number(number), Number(turn ?? NaN));
}

async function make({ name, shelf, picker }) {
  const filter = { kind: "", action: "", find: "" };
  const list = new List(
    "Dialogues",
    (offset, limit) => rows(name, filter, offset, limit),
    line,
    (row) => (location.hash = `look/${name}/${row.number}`),
  );
  const found = el("p", { class: "quiet", role: "status" });
  const refresh = async () => fill(found, `${many(await list.reset(), "dialogue")} of ${count(shelf.dialogues)}${alone ? "; a file holds some, those with a wrong turn first" : ""}`);
  const change = (field) => (event) => {
    filter[field] = event.target.value;
    refresh().catch((problem) => say(problem.message));
  };
  const kinds = Object.entries(KINDS).map(([kind, text]) => [kind, kind ? `${text} (${count(shelf.kinds[kind])})` : text]);
  const actions = [["", "any"], ...shelf.actions.map((one) => [one.name, `${one.name} (${count(one.turns)})`])];
  const filters = el(
    "div",
    { class: "filters" },
    picker("look"),
    labelled("Show", choice(kinds, change("kind"))),
    alone ? null : labelled("Action", choice(actions, change("action"))),
    labelled("Find", el("input", { type: "search", on: { input: change("find") } })),
  );
  const place = el("section", { class: "card", "aria-label": "Dialogue" }, el("p", { class: "quiet" }, "Choose a dialogue."));
  const read = async (number, turn) => {
    list.mark(number);
    const dialogue = await get(`/v1/browse/${name}/dialogues/${number}`);
    open(place, dialogue, turn, (at) => history.replaceState(null, "", `#look/${name}/${number}/${at}`));
  };
  const shelfCard = el("section", { class: "card shelf", "aria-label": "Dialogues to look at" }, el("h1", {}, "Look"), filters, found, list.element);
  await refresh();
  return { source: name, policy: shelf.policy, whole: el("div", { class: "columns shelves" }, shelfCard, place), read };
}

function line({ id, turns, opening, kinds, first_wrong: first }) {
  return [
    el("span", { class: "opening", dir: "auto" }, opening || "(silent)"),
    el(
      "span",
      { class: "marks" },
      el("span", { class: "quiet" }, `${id} · ${many(turns, "turn")}`),
      kinds.wrong ? el("span", { class: "badge wrong" }, `${kinds.wrong} wrong, first at ${first}`) : null,
      kinds.unsure ? el("span", { class: "badge unsure" }, `${kinds.unsure} unsure`) : null,
      kinds.rare ? el("span", { class: "badge" }, "rare") : null,
    ),
  ];
}
