// The dialogues and turns that a filter leaves: asked of the service, or picked from what a file holds.

import { alone, get, query } from "./api.js";

/** Some of the dialogues. */
export async function rows(source, filter, offset, limit) {
  const { kind, action, find } = filter;
  const path = `/v1/browse/${source}/dialogues`;
  if (!alone) return get(`${path}?${query({ kind, action, find, offset, limit })}`);
  const { rows } = await get(path);
  const all = await Promise.all(rows.map(async (row) => ({ row, dialogue: await dialogue(source, row.id) })));
  const left = all.filter(({ row, dialogue }) => fits(row, dialogue, filter)).map(({ row }) => row);
  return { total: left.length, rows: left.slice(offset, offset + limit) };
}

/** Some of the turns. */
export const turns = (source, filter, offset, limit) => {
  const { kind, action, find, order, expected, decided, below, above, way, open } = filter;
  return get(`/v1/browse/${source}/turns?${query({ kind, action, find, order, expected, decided, below, above, way, open, offset, limit })}`);
};

/** The turns elsewhere at which the same was said, after the same, and done. */
export const alike = (source, like, turn) => get(`/v1/browse/${source}/turns?${query({ like, turn, open: true, limit: 200 })}`);

/** A dialogue turn by turn. */
export const dialogue = (source, id) => get(`/v1/browse/${source}/dialogue?${alone ? `id=${id}` : query({ id })}`);

function fits(row, { turns }, { kind, action, find }) {
  const words = folded(find ?? "");
  return (
    (!kind || kind in row.kinds) &&
    (!action || turns.some(({ expected, decided }) => decided.actions.includes(action) || expected?.includes(action))) &&
    (!words || folded([row.id, ...turns.map(({ user }) => user ?? "")].join(" ")).includes(words))
  );
}

const folded = (text) => text.normalize("NFKC").toLowerCase().split(/\s+/).filter(Boolean).join(" ");
