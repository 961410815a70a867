// Which dialogues are looked at: the corpus that the server was started with, or the live ones.

import { address } from "./address.js";
import { alone, get } from "./api.js";
import { choice, labelled } from "./fields.js";

const NAMES = { corpus: "the corpus", live: "live dialogues" };

const NOTHING = {
  corpus: "There is no corpus to look at: start with cueline serve --corpus FILE.",
  live: "There is no live dialogue yet: talk first.",
};

/** The source of that name, else the first that has any dialogue; with a field to pick another. */
export async function source(wanted) {
  const names = wanted in NAMES ? [wanted] : Object.keys(NAMES);
  for (const name of names) {
    const shelf = await get(`/v1/browse/${name}`);
    if (shelf.dialogues) return found(name, shelf);
  }
  throw new Error(NOTHING[names.at(-1) ?? "live"]);
}

function found(name, shelf) {
  const picker = (part) =>
    alone ? null : labelled("Of", choice(Object.entries(NAMES), (event) => (location.hash = address(part, [event.target.value])), name));
  return { name, shelf, picker };
}
