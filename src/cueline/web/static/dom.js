// Elements made of attributes and text. Nothing is ever parsed as HTML, whatever a user said.

const SVG = "http://www.w3.org/2000/svg";

/** An element; children are elements, strings, lists of them, or nothing. */
export function el(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** The same for a part of a drawing. */
export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

/** Give `node` these children in place of those it has. */
export function fill(node, ...children) {
  node.replaceChildren(...children.flat(Infinity).filter((child) => child != null));
  return node;
}

/** Have `node` be all there is in `place`; one that is there already keeps how far it is scrolled. */
export function mount(place, node) {
  if (place.firstChild !== node) fill(place, node);
}

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
    } else if (name === "share") {
      node.style.setProperty("--share", value);
    } else if (value === true) {
      node.setAttribute(name, "");
    } else if (value !== false && value != null) {
      node.setAttribute(name, value);
    }
  }
  return fill(node, ...children);
}

/** Say something to whoever looks and to whoever listens; or, `heard` only, to the latter. */
export function say(text, heard = false) {
  const note = el("p", { class: heard ? "heard" : "seen" }, text);
  fill(document.getElementById("note"), text ? note : null);
}
