// The corpus as a flow of actions: follow a path, and see where dialogues go from there.

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

export async function show(main, [wanted, given = "", least = "1", where = ""]) {
  // An address may be typed, or cut off on its way: what means nothing is left out.
  const path = /^\d{1,6}(\.\d{1,6}){0,29}$/.test(given) ? given : "";
  const support = /^\d{1,6}$/.test(least) ? least : "1";
  const anywhere = where === "true" ? where : "";
  const { name, picker } = await source(wanted);
  const flow = await get(`/v1/map/${name}?${query({ path, support, anywhere })}`);
  const steps = path ? path.split(".").map(Number) : [];
  const to = (path, where = anywhere) => `#map/${name}/${path.join(".")}/${support}/${where}`;
  const rare = el("input", { type: "number", min: 1, max: 999999, value: support });
  rare.addEventListener("change", () => (location.hash = to(steps).replace(`/${support}/`, `/${Math.max(1, Math.floor(rare.value) || 1)}/`)));
  fill(
    main,
    el("div", { class: "tools head" }, el("h1", {}, "Map"), picker("map"), labelled("Rare below (dialogues)", rare)),
    el(
      "section",
      { class: "card", "aria-label": "Flow of actions" },
      el("p", {}, told(flow, steps, anywhere)),
      el("p", { class: "quiet" }, "Follow a set at the next turn, or begin at one further on; rarer sets are counted together."),
      steps.length ? el("p", {}, el("a", { href: to(steps.slice(0, -1)) }, "One step back"), " · ", el("a", { href: `#map/${name}//${support}/` }, "From the beginning")) : null,
      scrolled("Drawing", drawing(flow, steps, to)),
      behind("Flow of actions", table(flow)),
    ),
  );
}

function told({ total, dialogues }, steps, anywhere) {
  if (!steps.length) return `${many(dialogues, "dialogue")}, from their first turn.`;
  return `${count(dialogues)} of ${many(total, "dialogue")} go this way${anywhere ? " somewhere" : " from the beginning"}.`;
}

const label = ({ set, actions }) => (set === END ? "(over)" : set === OTHERS ? "(others)" : actions.join(" + ") || "(nothing)");

function drawing(flow, steps, to) {
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
      .map((way) => ({ from: nodes[i].get(way.start), into: nodes[i + 1].get(way.end), wide: way.dialogues * unit }))
      .sort((one, other) => one.from.y - other.from.y || one.into.y - other.into.y) // fewer crossings
      .map(({ from, into, wide }) => band(from, into, wide)),
  );
  const heads = columns.map((_, i) => svg("text", { class: "axis", x: i * apart, y: 10 }, i < steps.length ? "followed" : i === steps.length ? "next" : `+${i - steps.length}`));
  const boxes = nodes.map((column, i) => [...column.values()].map((node) => box(node, i, steps, to, flow.dialogues, apart)));
  return svg("svg", { class: "flow", viewBox: `0 0 ${WIDE} ${HIGH + 10}`, role: "group", "aria-label": "Flow of actions, a column a turn" }, heads, lines, boxes);
}

function band(from, into, wide) {
  const [x, y] = [from.x + NODE, from.out + wide / 2];
  const [u, v] = [into.x, into.into + wide / 2];
  from.out += wide;
  into.into += wide;
  const half = (x + u) / 2;
  return svg("path", { class: "band", d: `M${x} ${y}C${half} ${y} ${half} ${v} ${u} ${v}`, "stroke-width": Math.max(wide, 0.75) });
}

function box(node, column, steps, to, dialogues, apart) {
  const text = label(node);
  const room = Math.max(Math.floor((Math.min(apart - 20, 300) - NODE) / LETTER) - 7, 6); // letters, the share beside them
  const short = text.length > room ? `${text.slice(0, room - 1)}…` : text;
  const share = percent(node.dialogues / Math.max(dialogues, 1));
  const drawn = [
    svg("rect", { class: node.set < 0 ? "node end" : "node", x: node.x, y: node.y, width: NODE, height: node.high, rx: 3 }),
    svg("text", { x: node.x + NODE + 5, y: node.y + Math.max(node.high / 2, 5) + 4 }, short, " ", svg("tspan", { class: "share", dx: 2 }, share)),
    svg("rect", { class: "reach", x: node.x, y: node.y - 2, width: Math.min(apart - 20, 300), height: Math.max(node.high + 4, 14) }),
    svg("title", {}, `${text}: ${many(node.dialogues, "dialogue")}`),
  ];
  if (node.set < 0) return svg("g", {}, drawn);
  const named = `${short} ${share}${short === text ? "" : `, ${text}`}`; // what is seen of it, then the whole
  if (column > steps.length) return link(to([node.set], "true"), `Begin at ${named}`, drawn);
  return link(to([...steps.slice(0, column), node.set]), column < steps.length ? `Back to ${named}` : `Follow ${named}`, drawn);
}

const link = (href, name, drawn) => svg("a", { href, "aria-label": name }, drawn);

function table({ columns, ways }) {
  const name = (column, set) => label(columns[column].find((node) => node.set === set));
  const rows = ways.flatMap((column, i) => column.map((way) => [`${i}: ${name(i, way.start)}`, name(i + 1, way.end), count(way.dialogues)]));
  return { head: ["turn: from", "to", "dialogues"], rows };
}
