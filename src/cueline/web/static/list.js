// A list as long as you like of which only what is seen is there, fetched some rows at a time.

import { el, fill } from "./dom.js";

const HEIGHT = 68; // pixels of a row, as the style sheet has it
const PAGE = 100; // rows fetched at once
const BEYOND = 4; // rows drawn above and below what is seen

/** `fetched(offset, limit)` promises {total, rows}; `draw(row)` gives what is in a row, `key(row)` its name. */
export class List {
  #active = 0; // the row that the keyboard is at
  #total = 0;
  #pages = new Map();
  #chosen = null;

  constructor(label, fetched, draw, key, choose) {
    this.fetched = fetched;
    this.draw = draw;
    this.key = key;
    this.choose = choose;
    this.tall = el("div", { role: "presentation", class: "tall" });
    const on = { scroll: () => this.#draw(), keydown: (event) => this.#key(event) };
    this.element = el("div", { class: "list", role: "listbox", tabindex: "0", "aria-label": label, on }, this.tall);
    new ResizeObserver(() => this.#draw()).observe(this.element);
  }

  /** Begin anew: what is asked for has changed. Gives how many rows there are; null where it changed again meanwhile. */
  async reset() {
    const pages = new Map();
    this.#pages = pages;
    const { total } = await this.#page(0);
    if (pages !== this.#pages) return null;
    this.#active = 0;
    this.#total = total;
    this.tall.style.height = `${total * HEIGHT}px`;
    this.element.scrollTop = 0;
    this.#draw();
    return total;
  }

  /** Mark the row with that key as the one that is open. */
  mark(key) {
    this.#chosen = key;
    for (const [page, { rows }] of this.#pages) {
      const place = rows?.findIndex((row) => this.key(row) === key) ?? -1;
      if (place >= 0) this.#active = page * PAGE + place;
    }
    this.#draw();
  }

  /** Change what the row with that key says, if it is there. */
  patch(key, change) {
    for (const { rows } of this.#pages.values()) {
      for (const row of rows ?? []) if (this.key(row) === key) Object.assign(row, change);
    }
    this.#draw();
  }

  /** Open the row that comes `by` rows after the one that is open; once it is, whether there was one. */
  async move(by) {
    const place = this.#active + by;
    if (place < 0 || place >= this.#total) return false;
    await this.#page(Math.floor(place / PAGE));
    this.#show(place);
    await this.#choose(place);
    return true;
  }

  /** The row that comes after the one that is open, once it is there; undefined where there is none. */
  async following() {
    const place = this.#active + 1;
    if (place >= this.#total) return undefined;
    const { rows } = await this.#page(Math.floor(place / PAGE));
    return rows[place % PAGE];
  }

  #page(page) {
    if (!this.#pages.has(page)) {
      const pages = this.#pages;
      const coming = this.fetched(page * PAGE, PAGE).then(
        (found) => {
          pages.set(page, found);
          if (pages === this.#pages) this.#draw();
          return found;
        },
        (problem) => {
          pages.delete(page);
          throw problem;
        },
      );
      pages.set(page, coming);
    }
    return this.#pages.get(page);
  }

  #row(place) {
    const page = this.#page(Math.floor(place / PAGE));
    page.catch?.(() => {}); // it is asked for again when it is seen again
    return page.rows?.[place % PAGE];
  }

  #draw() {
    const { scrollTop, clientHeight } = this.element;
    const first = Math.max(Math.floor(scrollTop / HEIGHT) - BEYOND, 0);
    const last = Math.min(Math.ceil((scrollTop + clientHeight) / HEIGHT) + BEYOND, this.#total);
    const rows = [];
    for (let place = first; place < last; place++) rows.push(this.#option(place));
    fill(this.tall, rows);
    const active = rows.find((row) => row.id === `row-${this.#active}`);
    if (active) this.element.setAttribute("aria-activedescendant", active.id);
    else this.element.removeAttribute("aria-activedescendant");
  }

  #option(place) {
    const row = this.#row(place);
    const option = el(
      "div",
      {
        ...{ role: "option", id: `row-${place}`, class: place === this.#active ? "row active" : "row" },
        ...{ "aria-selected": String(row !== undefined && this.key(row) === this.#chosen) },
        ...{ "aria-setsize": this.#total, "aria-posinset": place + 1 },
        on: { click: () => this.#choose(place) },
      },
      row ? this.draw(row) : el("span", { class: "quiet" }, "…"),
    );
    option.style.top = `${place * HEIGHT}px`;
    return option;
  }

  async #choose(place) {
    this.#active = place;
    const row = this.#row(place);
    if (row) await this.choose(row);
  }

  #show(place) {
    this.#active = place;
    const top = place * HEIGHT;
    const { scrollTop, clientHeight } = this.element;
    this.element.scrollTop = Math.min(Math.max(scrollTop, top + HEIGHT - clientHeight), top);
    this.#draw();
  }

  #key(event) {
    const page = Math.max(Math.floor(this.element.clientHeight / HEIGHT) - 1, 1);
    const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -this.#total, End: this.#total };
    if (event.key in moves) {
      this.#show(Math.min(Math.max(this.#active + moves[event.key], 0), Math.max(this.#total - 1, 0)));
    } else if (event.key === "Enter" || event.key === " ") {
      this.#choose(this.#active);
    } else return;
    event.preventDefault();
  }
}
