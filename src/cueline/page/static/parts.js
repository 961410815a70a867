// The parts of the page; a file has only those that need no service.

import { alone } from "./api.js";
import * as look from "./look.js";
import * as talk from "./talk.js";

const PARTS = [
  { name: "talk", title: "Talk", show: talk.show, served: true },
  { name: "look", title: "Look", show: look.show },
];

export const parts = PARTS.filter((part) => !(alone && part.served));

/** The part of that name; without a name, the first. */
export const part = (name) => (name ? parts.find((one) => one.name === name) : parts[0]);
