// Arrays from layer to layer, each with its axes.

import { el } from "./dom.js";

/** `arrays` are pairs of a name and axes, pairs of size and name; the batch is `size` times a `sample`. */
export function layers(arrays, sample, size = 1) {
  const rows = arrays.map(([name, own]) => {
    const axes = [[size, size === 1 ? sample : `${sample}s`], ...own];
    return el("li", {}, el("span", {}, name), el("code", {}, `(${axes.map(([size]) => size).join(", ")})`), el("span", { class: "quiet" }, axes.map(([, what]) => what).join(" × ")));
  });
  return el("ol", { class: "arrays" }, rows);
}
