// The address after `#`: a part, places in it, and what else says what is shown: `#look/live?id=x&turn=3`.

import { query } from "./api.js";

/** What an address says; a `%` that means nothing stands for itself. */
export function read(hash) {
  const [path, rest = ""] = hash.replace(/^#/, "").split(/\?(.*)/s);
  const [name, ...places] = path.split("/").map(decoded);
  return { name, places, values: Object.fromEntries(new URLSearchParams(rest)) };
}

/** The address of a part, with those places and with what of `values` is not empty. */
export function address(name, places = [], values = {}) {
  const path = [name, ...places.map(encodeURIComponent)].join("/");
  const rest = query(values);
  return `#${path}${rest ? `?${rest}` : ""}`;
}

/** Have the address say what is shown, without going anywhere. */
export const restate = (hash) => history.replaceState(null, "", hash);

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
