// What of the dialogues or turns is listed; the address says it too.

import { alone } from "./api.js";
import { el, fill } from "./dom.js";
import { choice, labelled } from "./fields.js";
import { count, percent } from "./words.js";

const KINDS = {
  wrong: "a wrong turn",
  unsure: "an unsure decision",
  rare: "a rare action",
  corrected: "a correction",
  confirmed: "a confirmation",
  disputed: "a dispute",
};
/** Those that only what is live may be. */
const WENT = {
  deferred: "a turn that went upstream",
  audited: "a sure turn that was audited",
};
const ORDERS = [
  ["", "as they stand"],
  ["newest", "the latest first"],
  ["unsure", "least sure first"],
  ["contradictory", "surest that are contradicted"],
  ["random", "a random sample"],
];
const WAIT = 200; // milliseconds without a letter before what was typed is looked for

/** Fields that change `filter` and tell so, of what is `live` or not; `draw()` has them show it. */
export function filters(shelf, live, filter, changed) {
  const all = live ? { ...KINDS, ...WENT } : KINDS;
  const orders = ORDERS.filter(([order]) => live || order !== "newest");
  const fields = el("div", { class: "filters" });
  const given = el("div", { class: "given" });
  let typed = 0;
  const set = (field, value) => {
    if (value) filter[field] = value;
    else delete filter[field];
    draw(field);
    changed();
  };
  const choose = (field) => (event) => set(field, event.target.value);
  const kinds = [["", "all"], ...Object.entries(all).map(([kind, text]) => [kind, `${text} (${count(shelf.kinds[kind] ?? 0)})`])];
  const actions = [["", "any"], ...shelf.actions.map((one) => [one.name, `${one.name} (${count(one.turns)})`])];
  const find = el("input", { type: "search" });
  find.addEventListener("input", () => {
    clearTimeout(typed);
    typed = setTimeout(() => {
      filter.find = find.value;
      if (!find.value) delete filter.find;
      changed();
    }, WAIT);
  });
  const looked = el("input", { type: "checkbox", on: { change: (event) => set("open", event.target.checked ? "true" : "") } });
  const picks = {
    list: choice([["", "dialogues"], ["turns", "turns"]], choose("list")),
    kind: choice(kinds, choose("kind")),
    action: choice(actions, choose("action")),
    order: choice(orders, choose("order")),
  };
  const order = labelled("In the order", picks.order);
  const open = el("label", { class: "check" }, looked, " not looked at yet");
  fill(
    fields,
    alone ? null : labelled("List", picks.list),
    labelled("Show", picks.kind),
    labelled("Action", picks.action),
    order,
    labelled("Find", find),
    open,
  );

  function draw(by = "") {
    if (filter.kind && !(filter.kind in all)) delete filter.kind;
    if (filter.order && !orders.some(([order]) => order === filter.order)) delete filter.order;
    if (filter.list !== "turns") delete filter.list;
    for (const [field, pick] of Object.entries(picks)) pick.value = filter[field] ?? "";
    if (by !== "find") find.value = filter.find ?? "";
    looked.checked = filter.open === "true";
    order.hidden = filter.list !== "turns";
    open.hidden = filter.list !== "turns";
    fill(given, filter.list === "turns" ? Object.entries(GIVEN).filter(([field]) => filter[field] !== undefined).map(([field, text]) => remove(field, text(filter[field]))) : null);
  }

  const remove = (field, text) => el("button", { type: "button", class: "chip", on: { click: () => set(field, "") } }, text, el("span", { "aria-hidden": "true" }, " ×"), el("span", { class: "heard" }, ", leave this out"));

  draw();
  return { fields, given, draw };
}

/** What came with a link, in words. */
const GIVEN = {
  expected: (name) => `right: ${name}`,
  decided: (name) => `decided: ${name}`,
  below: (share) => `below ${percent(Number(share), 1)}`,
  above: (share) => `from ${percent(Number(share), 1)}`,
  way: () => "a way on the map",
};
