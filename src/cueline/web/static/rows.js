// The dialogues that a filter leaves: asked of the service, or picked from what a file holds.

import { alone, get, query } from "./api.js";

export async function rows(source, { kind, action, find }, offset, limit) {
  const path = `/v1/browse/${source}/dialogues`;
  if (!alone) return get(`${path}?${query({ kind, action, find, offset, limit })}`);
  const words = find.toLowerCase();
  const fits = (row) => (!kind || kind in row.kinds) && `${row.id} ${row.opening}`.toLowerCase().includes(words);
  const left = (await get(path)).rows.filter(fits);
  return { total: left.length, rows: left.slice(offset, offset + limit) };
}
