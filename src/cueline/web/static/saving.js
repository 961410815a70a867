// What is on the page as a file to keep.

import { el } from "./dom.js";

export function save(name, content, type) {
  const href = URL.createObjectURL(new Blob([content], { type }));
  el("a", { href, download: name.replace(/[^\w.-]+/g, "_") }).click();
  setTimeout(() => URL.revokeObjectURL(href), 1000);
}

/** A table as CSV. */
export const csv = ({ head, rows }) => [head, ...rows].map((row) => row.map(cell).join(",")).join("\r\n");

const cell = (content) => {
  const text = String(content ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};
