// The parts of the page; a file has only those that need no service behind them.

import { alone } from "./api.js";
import * as cascade from "./cascade.js";
import * as judge from "./judge.js";
import * as look from "./look.js";
import * as map from "./map.js";
import * as shapes from "./shapes.js";
import * as talk from "./talk.js";
import * as teach from "./teach.js";

const PARTS = [
  { name: "talk", title: "Talk", show: talk.show, served: true },
  { name: "teach", title: "Teach", show: teach.show, served: true },
  { name: "look", title: "Look", show: look.show },
  { name: "judge", title: "Judge", show: judge.show },
  { name: "map", title: "Map", show: map.show, served: true },
  { name: "shapes", title: "Shapes", show: shapes.show, served: true },
  { name: "cascade", title: "Cascade", show: cascade.show, served: true },
];

/** Those that are there; a file opens on the figures. */
export const parts = alone ? PARTS.filter((part) => !part.served).reverse() : PARTS;

/** The part of that name; without a name, the first. */
export const part = (name) => (name ? parts.find((one) => one.name === name) : parts[0]);
