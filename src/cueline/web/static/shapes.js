// What return_sequences, TimeDistributed and a memory do, on a dialogue of yours.

import { address } from "./address.js";
import { get, post, query } from "./api.js";
import { scrolled } from "./charts.js";
import { copier } from "./copying.js";
import { chips } from "./decision.js";
import { el, fill } from "./dom.js";
import { labelled } from "./fields.js";
import { layers } from "./layers.js";
import { LESSONS, lesson } from "./lesson.js";
import { tagged } from "./tagged.js";
import { turns as talked } from "./talk.js";
import { unrolling } from "./unrolling.js";
import { named, said, same } from "./words.js";

const switches = { sequences: true, distributed: true, memory: true, wrapped: false };
const NAMES = {
  sequences: "return_sequences=True",
  distributed: "TimeDistributed over the words",
  memory: "A memory from turn to turn",
  wrapped: "TimeDistributed(Dense) in place of Dense",
};
const MOST = 64; // dialogues in a batch
let batch = 1;

export async function show(main, [from = "talk"], { id }) {
  const { dialogues } = await get("/v1/browse/corpus");
  const place = el("div", { class: "stack" });
  const pick = el("input", { type: "number", min: 1, max: dialogues });
  pick.addEventListener("change", async () => {
    const { rows } = await get(`/v1/browse/corpus/dialogues?${query({ offset: Math.max(Math.floor(Number(pick.value)) - 1, 0) || 0, limit: 1 })}`);
    if (rows.length) location.hash = address("shapes", ["corpus"], { id: rows[0].id });
  });
  fill(
    main,
    el(
      "div",
      { class: "tools head" },
      el("h1", {}, "Shapes"),
      el("a", { href: "#shapes/talk" }, "The conversation in Talk"),
      dialogues ? labelled(`Dialogue of the corpus, 1 to ${dialogues}`, pick) : null,
    ),
    place,
  );
  const turns = from === "corpus" ? await ofCorpus(id) : talked();
  if (!turns.length) {
    fill(place, el("p", { class: "card" }, "Talk first, or choose a dialogue of the corpus: its turns are walked through the network here."));
    return;
  }
  const found = await post("/v1/shapes", { turns });
  const view = el("div", { class: "stack" });
  const inside = tagged(found);
  const draw = () => {
    const shown = lesson(found, switches, batch);
    fill(view, unrolling(found, switches), el("div", { class: "halves" }, pipeline(shown), code(shown)), knowing(found), inside(switches.sequences));
  };
  const boxes = Object.entries(NAMES).map(([name, text]) => {
    const change = () => {
      switches[name] = box.checked;
      draw();
    };
    const box = el("input", { type: "checkbox", checked: switches[name], on: { change } });
    return el("label", {}, box, ` ${text}`);
  });
  const many = el("input", { type: "number", min: 1, max: MOST, value: batch });
  many.addEventListener("change", () => {
    batch = Math.min(Math.max(Math.floor(Number(many.value)) || 1, 1), MOST);
    many.value = String(batch);
    draw();
  });
  fill(place, el("fieldset", { class: "card switches" }, el("legend", {}, "Switch"), boxes, labelled("Dialogues in the batch", many)), view);
  draw();
}

async function ofCorpus(id) {
  const wanted = id ?? (await get("/v1/browse/corpus/dialogues?limit=1")).rows[0]?.id ?? "";
  const { turns } = await get(`/v1/browse/corpus/dialogue?${query({ id: wanted })}`);
  return turns.map(({ user, features, available, done }) => ({ user, features, available, actions: done }));
}

function pipeline({ arrays, note, error }) {
  const linked = arrays.map(([name, axes, explained]) => [el("a", { href: LESSONS[explained] }, name), axes]);
  const complaint = error ? [el("p", {}, "Keras says of these answers and targets:"), el("pre", { tabindex: "0", class: "complaint" }, error)] : el("p", { class: "quiet" }, "Answers and targets have the same shape: Keras is content.");
  return el("section", { class: "card", "aria-label": "Arrays" }, el("h2", {}, "The arrays"), layers(linked, "dialogue", batch), el("p", { role: "status" }, note), complaint);
}

function code({ code }) {
  return el(
    "section",
    { class: "card", "aria-label": "In Keras" },
    el("div", { class: "tools" }, el("h2", {}, "The same in Keras"), copier("Copy", "The code", () => code)),
    el("pre", { tabindex: "0" }, el("code", {}, code)),
    el("p", { class: "quiet" }, "It runs as it stands, on numbers drawn at random. ", el("a", { href: LESSONS.whole }, "A whole script, and ten confusions")),
  );
}

/** Turn by turn: how much of each earlier turn is still in h. */
function knowing({ turns }) {
  const { sequences, memory, distributed } = switches;
  if (!distributed) return null;
  const last = turns.length - 1;
  const top = Math.max(1e-9, ...turns.flatMap(({ knows }) => knows));
  const rows = turns.map((turn, t) => {
    const handed = sequences || !memory || t === last;
    const cells = turns.map((_, s) => {
      if (s > t) return el("td", {});
      const share = memory || s === t ? turn.knows[s] : 0;
      return el("td", { class: "number", share: share / top }, share < 0.005 ? "0" : share.toFixed(2));
    });
    const actions = memory ? turn.together : turn.alone;
    const lost = !memory && !same(turn.together, turn.alone);
    return el(
      "tr",
      { class: handed ? "" : "dropped" },
      el("th", { scope: "row" }, el("span", { class: "at" }, t), " ", el("span", { dir: "auto" }, said(turn.user))),
      cells,
      el("td", { class: "number" }, (memory ? turn.norm : turn.norm_alone).toFixed(2)),
      el("td", {}, handed ? [chips(actions, lost ? "wrong" : ""), lost ? el("span", { class: "quiet" }, ` with the memory: ${named(turn.together)}`) : null] : el("span", { class: "quiet" }, "not handed on")),
    );
  });
  const head = [el("th", { scope: "col" }, "turn"), turns.map((_, s) => el("th", { scope: "col", class: "number" }, s)), el("th", { scope: "col", class: "number" }, "length of h"), el("th", { scope: "col" }, "decided")];
  return el(
    "section",
    { class: "card", "aria-label": "What each turn still knows" },
    el("h2", {}, "What each turn still knows"),
    el("p", { class: "quiet" }, "A column is a turn that is made silent; the cell says by how much h then differs at the turn of the row, in lengths of h. Later turns never change earlier ones."),
    scrolled("What each turn knows", el("table", { class: "knowing" }, el("thead", {}, el("tr", {}, head)), el("tbody", {}, rows))),
  );
}
