// The corpus as a flow of actions: follow a path, and see where dialogues go from there.

import { address } from "./address.js";
import { get, query } from "./api.js";
import { behind, scrolled } from "./charts.js";
import { el, fill, svg } from "./dom.js";
import { labelled } from "./fields.js";
import { source } from "./source.js";
import { count, many, percent } from "./words.js";

const WIDE = 1180;
const HIGH = 520;
const NODE = 12; // pixels a node is wide
const GAP = 14; // pixels between nodes
const LETTER = 7; // pixels of a letter beside a node, at the most
const END = -1;
const OTHERS = -2;
const HINT = "Follow a set at the next turn, or begin at one further on; rarer sets are counted together. Ways and the others open their turns.";

export async function show(main, [wanted, given = "", least = "1", where = ""]) {
  // An address may be typed, or cut off on its way: what means nothing is left out.
  const path = /^\d{1,6}(\.\d{1,6}){0,29}$/.test(given) ? given : "";
  const support = /^\d{1,6}$/.test(least) ? least : "1";
  const anywhere = where === "true" ? where : "";
  const { name, picker } = await source(wanted);
  const flow = await get(`/v1/map/${name}?${query({ path, support, anywhere })}`);
  const steps = path ? path.split(".").map(Number) : [];
  const turns = (step, ...sets) => address("look", [name], { list: "turns", way: [path, support, anywhere, step, ...sets].join("/") });
  const to = (path, where = anywhere) => `#map/${name}/${path.join(".")}/${support}/${where}`;
  const rare = el("input", { type: "number", min: 1, max: 999999, value: support });
  rare.addEventListener("change", () => (location.hash = to(steps).replace(`/${support}/`, `/${Math.max(1, Math.floor(rare.value) || 1)}/`)));
  const told = el("p", { class: "quiet" }, HINT);
  const drawn = drawing(flow, steps, to, turns);
  const read = ({ target }) => fill(told, target.closest("[data-told]")?.dataset.told ?? HINT);
  for (const event of ["pointerover", "focusin"]) drawn.addEventListener(event, read);
  for (const event of ["pointerleave", "focusout"]) drawn.addEventListener(event, () => fill(told, HINT));
  fill(
    main,
    el("div", { class: "tools head" }, el("h1", {}, "Map"), picker("map"), labelled("Rare below (dialogues)", rare)),
    el(
      "section",
      { class: "card", "aria-label": "Flow of actions" },
      el("p", {}, going(flow, steps, anywhere)),
      told,
      steps.length ? el("p", {}, el("a", { href: to(steps.slice(0, -1)) }, "One step back"), " · ", el("a", { href: `#map/${name}//${support}/` }, "From the beginning")) : null,
      scrolled("Drawing", drawn),
      behind("Flow of actions", table(flow, turns)),
    ),
  );
}

function going({ total, dialogues }, steps, anywhere) {
  if (!steps.length) return `${many(dialogues, "dialogue")}, from their first turn.`;
  return `${count(dialogues)} of ${many(total, "dialogue")} go this way${anywhere ? " somewhere" : " from the beginning"}.`;
}

const label = ({ set, actions }) => (set === END ? "(over)" : set === OTHERS ? "(others)" : actions.join(" + ") || "(nothing)");

function drawing(flow, steps, to, turns) {
  const { columns, ways } = flow;
  const apart = (WIDE - 240) / Math.max(columns.length - 1, 1);
  const most = Math.max(...columns.map((column) => column.length));
  const unit = (HIGH - GAP * most - 20) / Math.max(flow.dialogues, 1);
  const nodes = columns.map((column, i) => {
    let y = 20;
    return new Map(
      column.map((node) => {
        const high = Math.max(node.dialogues * unit, 2);
        const placed = { ...node, x: i * apart, y, high, out: y, into: y };
        y += high + GAP;
        return [node.set, placed];
      }),
    );
  });
  const lines = ways.map((column, i) =>
    column
      .map((way) => ({ way, from: nodes[i].get(way.start), into: nodes[i + 1].get(way.end) }))
      .sort((one, other) => one.from.y - other.from.y || one.into.y - other.into.y) // fewer crossings
      .map(({ way, from, into }) => band(from, into, way, unit, turns(i, way.start, way.end))),
  );
  const heads = columns.map((_, i) => svg("text", { class: "axis", x: i * apart, y: 10 }, i < steps.length ? "followed" : i === steps.length ? "next" : `+${i - steps.length}`));
  const boxes = nodes.map((column, i) => [...column.values()].map((node) => box(node, i, { steps, to, turns, apart, dialogues: flow.dialogues })));
  return svg("svg", { class: "flow", viewBox: `0 0 ${WIDE} ${HIGH + 10}`, role: "group", "aria-label": "Flow of actions, a column a turn" }, heads, lines, boxes);
}

/** A way from a set to the next. The keyboard has it in the table: there are too many to go through one by one. */
function band(from, into, { dialogues }, unit, href) {
  const wide = dialogues * unit;
  const [x, y] = [from.x + NODE, from.out + wide / 2];
  const [u, v] = [into.x, into.into + wide / 2];
  from.out += wide;
  into.into += wide;
  const half = (x + u) / 2;
  const told = `${label(from)}, then ${label(into)}: ${many(dialogues, "dialogue")}`;
  const path = svg("path", { class: "band", d: `M${x} ${y}C${half} ${y} ${half} ${v} ${u} ${v}`, "stroke-width": Math.max(wide, 0.75) });
  return svg("a", { href, tabindex: -1, "aria-hidden": "true", "data-told": told }, path);
}

function box(node, column, { steps, to, turns, apart, dialogues }) {
  const text = label(node);
  const room = Math.max(Math.floor((Math.min(apart - 20, 300) - NODE) / LETTER) - 7, 6); // letters, the share beside them
  const short = text.length > room ? `${text.slice(0, room - 1)}…` : text;
  const share = percent(node.dialogues / Math.max(dialogues, 1));
  const drawn = [
    svg("rect", { class: node.set < 0 ? "node end" : "node", x: node.x, y: node.y, width: NODE, height: node.high, rx: 3 }),
    svg("text", { x: node.x + NODE + 5, y: node.y + Math.max(node.high / 2, 5) + 4 }, short, " ", svg("tspan", { class: "share", dx: 2 }, share)),
    svg("rect", { class: "reach", x: node.x, y: node.y - 2, width: Math.min(apart - 20, 300), height: Math.max(node.high + 4, 14) }),
  ];
  const told = `${text}: ${many(node.dialogues, "dialogue")}, ${share}`;
  if (node.set === END) return svg("g", { "data-told": told }, drawn);
  if (node.set === OTHERS) return link(turns(column, OTHERS), `Turns of ${text} ${share}`, told, drawn);
  const named = `${short} ${share}${short === text ? "" : `, ${text}`}`; // what is seen of it, then the whole
  if (column > steps.length) return link(to([node.set], "true"), `Begin at ${named}`, told, drawn);
  return link(to([...steps.slice(0, column), node.set]), column < steps.length ? `Back to ${named}` : `Follow ${named}`, told, drawn);
}

const link = (href, name, told, drawn) => svg("a", { href, "aria-label": name, "data-told": told }, drawn);

function table({ columns, ways }, turns) {
  const name = (column, set) => label(columns[column].find((node) => node.set === set));
  const row = (way, i) => [`${i}: ${name(i, way.start)}`, name(i + 1, way.end), el("a", { href: turns(i, way.start, way.end) }, count(way.dialogues))];
  const rows = ways.flatMap((column, i) => column.map((way) => row(way, i)));
  return { head: ["turn: from", "to", "dialogues"], rows };
}
