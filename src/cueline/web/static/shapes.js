// What return_sequences, TimeDistributed and a memory do, on a dialogue of yours.

import { address } from "./address.js";
import { get, post, query } from "./api.js";
import { scrolled } from "./charts.js";
import { chips } from "./decision.js";
import { el, fill } from "./dom.js";
import { labelled } from "./fields.js";
import { layers } from "./layers.js";
import { tagged } from "./tagged.js";
import { many, named, said, same } from "./words.js";
import { turns as talked } from "./talk.js";

const switches = { sequences: true, distributed: true, memory: true };
const NAMES = {
  sequences: "return_sequences=True",
  distributed: "TimeDistributed over the words",
  memory: "A memory from turn to turn",
};

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
  const draw = () => fill(view, el("div", { class: "halves" }, pipeline(found), code(found.sizes)), knowing(found), inside(switches.sequences));
  const boxes = Object.entries(NAMES).map(([name, text]) => {
    const change = () => {
      switches[name] = box.checked;
      draw();
    };
    const box = el("input", { type: "checkbox", checked: switches[name], on: { change } });
    return el("label", {}, box, ` ${text}`);
  });
  fill(place, el("fieldset", { class: "card switches" }, el("legend", {}, "Switch"), boxes), view);
  draw();
}

async function ofCorpus(id) {
  const wanted = id ?? (await get("/v1/browse/corpus/dialogues?limit=1")).rows[0]?.id ?? "";
  const { turns } = await get(`/v1/browse/corpus/dialogue?${query({ id: wanted })}`);
  return turns.map(({ user, features, available, done }) => ({ user, features, available, actions: done }));
}

/** The arrays of the dialogue, each with its axes, and a note on them. */
function steps({ sizes, turns }) {
  const T = turns.length;
  const W = Math.max(1, ...turns.map(({ words }) => words));
  const all = turns.reduce((sum, { words }) => sum + words, 0);
  const { distributed, sequences, memory } = switches;
  if (!distributed) {
    /** @type {[string, [number, string][]][]} */
    const arrays = [
      ["words", [[all, "words of all turns"], [sizes.embedding, "embedding"]]],
      ["LSTM over words", sequences ? [[all, "words"], [sizes.units, "units"]] : [[sizes.units, "units"]]],
      ["actions", sequences ? [[all, "words"], [sizes.actions, "actions"]] : [[sizes.actions, "actions"]]],
    ];
    const note = `The time steps are words now: ${sequences ? `${all} answers` : "one answer"} for ${many(T, "turn")}. Turns are the time steps only where the words of each turn become one vector first.`;
    return { arrays, note };
  }
  /** @type {[number, string][]} */
  const after = memory && !sequences ? [] : [[T, "turns"]];
  const note = !memory
    ? "Every turn is decided by itself. The shapes are the same, the past is gone: turns in silos."
    : sequences
      ? "An output at every turn, so an answer at every turn: many-to-many."
      : `Only the output after the last turn is handed on: one answer for ${many(T, "turn")}, and targets of ${T} turns fit nothing.`;
  /** @type {[string, [number, string][]][]} */
  const arrays = [
    ["words", [[T, "turns"], [W, "words"], [sizes.embedding, "embedding"]]],
    ["encoded turns", [[T, "turns"], [sizes.encoding, "encoding"]]],
    ["with the context", [[T, "turns"], [sizes.encoding + sizes.context, "encoding and context"]]],
    ["turn vectors", [[T, "turns"], [sizes.turn, "features"]]],
    [memory ? `memory (${sizes.memory})` : "no memory", [...after, [sizes.units, "units"]]],
    ["actions", [...after, [sizes.actions, "actions"]]],
  ];
  return { arrays, note };
}

function pipeline(found) {
  const { arrays, note } = steps(found);
  return el("section", { class: "card", "aria-label": "Arrays" }, el("h2", {}, "The arrays of this dialogue"), layers(arrays, "dialogue"), el("p", { role: "status" }, note));
}

function code({ units, actions, turn }) {
  const { distributed, sequences, memory } = switches;
  const lines = distributed
    ? ["x = TimeDistributed(encoder)(words)", `x = Dense(${turn}, "tanh")(concatenate([x, context]))`]
    : ["x = words  # the turns run into one another"];
  lines.push(memory ? `h = LSTM(${units}, return_sequences=${sequences ? "True" : "False"})(x)` : `h = Dense(${units}, "relu")(x)`);
  lines.push(`y = Dense(${actions})(h)  # the same at every time step`);
  return el("section", { class: "card", "aria-label": "In Keras" }, el("h2", {}, "The same in Keras"), el("pre", { tabindex: "0" }, el("code", {}, lines.join("\n"))), el("p", { class: "quiet" }, "In outline; docs/sequences.md has a whole script, and ten confusions, each with a snippet that runs."));
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
