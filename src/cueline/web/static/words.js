// How numbers and names are written, the same everywhere.

export const percent = (share, digits = 0) => `${(100 * share).toFixed(digits)} %`;
export const count = (number) => number.toLocaleString("en");
export const many = (number, one, more = `${one}s`) => `${count(number)} ${number === 1 ? one : more}`;
export const named = (actions) => (actions.length ? actions.join(" + ") : "(nothing)");
export const said = (user) => (user === null ? "(silent)" : user);
export const same = (one, other) =>
  one.length === other.length && [...one].sort().every((name, i) => name === [...other].sort()[i]);

/** A moment, in seconds since 1970, as it was here. */
export const time = (at) => new Date(1000 * at).toLocaleString("en", { dateStyle: "medium", timeStyle: "short" });

/** How long, in the unit that one would say. */
export const seconds = (count) => (count < 90 ? many(Math.max(1, Math.round(count)), "second") : many(Math.round(count / 60), "minute"));
