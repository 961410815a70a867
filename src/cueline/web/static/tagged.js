// Inside a turn: the words as the tagger's layers see them, and what was heard in them.

import { scrolled } from "./charts.js";
import { el, fill } from "./dom.js";
import { choice, labelled } from "./fields.js";
import { heard } from "./heard.js";
import { layers } from "./layers.js";
import { many } from "./words.js";

const COLUMNS = 9; // tags in the table: the others stay low at every word

/** The words of a turn, which is chosen there: a function that draws them, of whether the layer keeps its sequence. */
export function tagged({ tagger, turns }) {
  const spoken = turns.map((turn, number) => ({ ...turn, number })).filter((turn) => turn.tagged);
  if (!tagger || !spoken.length) return () => null;
  let chosen = spoken.reduce((best, turn) => (turn.tagged.spans.length > best.tagged.spans.length ? turn : best));
  return (sequences) => {
    const place = el("div", { class: "stack" });
    const draw = () => fill(place, el("p", { dir: "auto" }, heard(marked(chosen))), arrays(tagger, chosen.tagged, sequences), sequences ? scores(tagger.tags, chosen.tagged) : null);
    const options = spoken.map(({ number, user }) => [String(number), `${number}: ${user}`]);
    const change = () => {
      chosen = spoken[pick.selectedIndex];
      draw();
    };
    const pick = choice(options, change, String(chosen.number));
    draw();
    return el("section", { class: "card", "aria-label": "Inside a turn" }, el("h2", {}, "Inside a turn"), labelled("The words of turn", pick), place);
  };
}

/** What was said, cut where a span begins or ends. Offsets count characters, not UTF-16. */
function marked({ user, tagged: { spans } }) {
  const characters = [...user];
  const piece = (start, end, label, value) => ({ text: characters.slice(start, end).join(""), heard: label, value, due: null, right: false });
  const pieces = [];
  let done = 0;
  for (const { start, end, label, value } of spans) {
    pieces.push(piece(done, start, null, null), piece(start, end, label, value ?? null));
    done = end;
  }
  return { user, words: { labelled: false, pieces: [...pieces, piece(done, characters.length, null, null)] } };
}

function arrays({ embedding, units, tags }, { words, spans }, sequences) {
  /** @type {[number, string][]} */
  const each = sequences ? [[words.length, "words"]] : [];
  /** @type {[string, [number, string][]][]} */
  const rows = [
    ["words", [[words.length, "words"], [embedding, "word, form, ending, context"]]],
    ["LSTM there and back", [...each, [units, "units"]]],
    ["scores", [...each, [tags.length, "tags"]]],
  ];
  if (sequences) rows.push(["legal path", each]);
  const note = sequences
    ? `A time step is a word here, and each has an answer, so ${many(spans.length, "span")} can be cut out of ${many(words.length, "word")}. B- begins one, I- goes on with it, O is none; I- follows its own B- or I- alone.`
    : `One answer for ${many(words.length, "word")}: it may say what was meant, never which words said it.`;
  return [layers(rows, "sentence"), el("p", { role: "status" }, note)];
}

/** A row for each word, the columns the tags that come near anywhere; what is chosen is marked. */
function scores(tags, { words, scores: given, tags: chosen }) {
  const columns = tags.map((_, tag) => tag);
  const best = columns.map((tag) => Math.max(...given.map((row) => row[tag])));
  const near = (tag) => (chosen.includes(tag) ? Number.POSITIVE_INFINITY : best[tag]);
  const shown = columns.sort((one, other) => near(other) - near(one) || one - other).slice(0, COLUMNS).sort((one, other) => one - other);
  const rows = words.map((word, i) => {
    const cells = shown.map((tag) => el("td", { class: "number", share: tag === chosen[i] ? 1 : 0 }, given[i][tag].toFixed(2)));
    return el("tr", {}, el("th", { scope: "row" }, el("bdi", {}, word)), cells, el("td", {}, el("code", {}, tags[chosen[i]])));
  });
  const column = (name, kind = "") => el("th", { scope: "col", class: kind }, name);
  const head = [column("word"), shown.map((tag) => column(tags[tag], "number")), column("on the legal path")];
  const left = tags.length - shown.length;
  return [
    scrolled("Scores of tags", el("table", { class: "knowing" }, el("thead", {}, el("tr", {}, head)), el("tbody", {}, rows))),
    left ? el("p", { class: "quiet" }, `${many(left, "more tag")} with lower scores.`) : null,
  ];
}
