// All corrections, the latest first: looked at again, taken back, kept as a corpus.

import { exclusive } from "./acting.js";
import { address } from "./address.js";
import { erase, get, post, query, text } from "./api.js";
import { scrolled } from "./charts.js";
import { el, fill, say } from "./dom.js";
import { choice, labelled } from "./fields.js";
import { save } from "./saving.js";
import { grid, when } from "./tables.js";
import { count, many, named, said, same } from "./words.js";

const SHOWN = 50; // rows before more are asked for

const disputed = ({ opinions }) => opinions.some(({ actions }) => !same(actions, opinions[0].actions));

/** A card with them; `draw()` asks anew, and `summary` says what a training would learn. */
export function inbox() {
  const card = el("section", { class: "card stack", "aria-label": "Corrections" });
  const summary = el("p", {});
  const table = el("div", { class: "stack" });
  const act = exclusive(card);
  const filter = { which: "", author: "" };
  /** @type {{rows: any[], learned_until: number | null}} */
  let found = { rows: [], learned_until: null };
  let most = SHOWN;
  const order = { column: -1, falling: false };

  const fresh = (row) => found.learned_until === null || row.at > found.learned_until;
  const tests = { "": () => true, new: fresh, disputed };
  const path = (row) => `/v1/browse/${row.source}/corrections`;
  const pick = (options, field) => choice(options, (event) => {
    filter[field] = event.target.value;
    list();
  });
  const authors = el("div", {});

  async function draw() {
    found = await get("/v1/corrections");
    const { rows } = found;
    const dialogues = new Set(rows.map(({ source, id }) => `${source} ${id}`)).size;
    fill(summary, rows.length ? `It learns from ${many(rows.length, "correction")} in ${many(dialogues, "dialogue")}, ${count(rows.filter(fresh).length)} of them new since the last training.` : "Nobody has corrected anything yet: do so in Talk or in Look.");
    const names = [...new Set(rows.map(({ author }) => author ?? ""))];
    if (!names.includes(filter.author)) filter.author = "";
    fill(authors, names.length > 1 ? labelled("By", pick([["", "anyone"], ...names.filter(Boolean).map((name) => [name, name])], "author")) : null);
    list();
  }

  function list() {
    const rows = found.rows.filter((row) => tests[filter.which](row) && (!filter.author || row.author === filter.author));
    const head = ["said", "right", "decided", "by", "when", el("span", { class: "heard" }, "take back")];
    const more = rows.length > most ? el("button", { type: "button", class: "plain", on: { click: showMore } }, `Show more of ${count(rows.length)}`) : null;
    fill(table, rows.length ? scrolled("List of corrections", grid({ head, rows: rows.map(line) }, most, order)) : el("p", { class: "quiet" }, "None of that kind."), more);
  }

  function showMore() {
    most += SHOWN;
    list();
  }

  function line(row) {
    const other = disputed(row) ? row.opinions.map(({ author, actions }) => `${author ?? "someone"}: ${named(actions)}`).join("; ") : null;
    const back = el("button", { type: "button", class: "plain", "aria-label": `Take back the correction of ${row.id}, turn ${row.turn}`, on: { click: () => act(() => takeBack(row)) } }, "Take back");
    return [
      [el("a", { href: address("look", [row.source], { id: row.id, turn: row.turn }), dir: "auto" }, said(row.user)), el("div", { class: "quiet" }, `${row.source === "live" ? "live" : "corpus"}, ${row.id}, turn ${row.turn}`)],
      [named(row.actions), other ? el("div", { class: "hint" }, other) : null],
      same(row.actions, row.decided) ? el("span", { class: "quiet" }, "the same: confirmed") : named(row.decided),
      row.author ?? "–",
      [when(row.at), fresh(row) ? null : el("div", { class: "quiet" }, "learned")],
      back,
    ];
  }

  async function takeBack(row) {
    await erase(`${path(row)}?${query({ id: row.id, turn: row.turn })}`);
    await draw();
    const undo = el("button", { type: "button", on: { click: () => act(() => again(row)) } }, "Undo");
    table.prepend(el("p", { role: "status" }, `Taken back: ${named(row.actions)} at turn ${row.turn} of ${row.id}. `, undo));
    undo.focus();
  }

  async function again(row) {
    const { id: dialogue, turn, actions, author, spans, arguments: calls } = row;
    await post(path(row), { corrections: [{ dialogue, turn, actions, author, spans, arguments: calls }] });
    say("It counts again");
    await draw();
  }

  const keep = el("button", { type: "button", class: "plain", on: { click: () => act(async () => save("corrections.jsonl", await text("/v1/dialogues?corrected=true"), "application/x-ndjson")) } }, "Keep as a corpus");
  fill(
    card,
    el("div", { class: "tools" }, el("h2", {}, "Corrections"), keep),
    el("div", { class: "filters" }, labelled("Show", pick([["", "all"], ["new", "new since the last training"], ["disputed", "those in dispute"]], "which")), authors),
    table,
  );
  return { element: card, summary, draw };
}
