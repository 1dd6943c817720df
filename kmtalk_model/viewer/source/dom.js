// Elements of the page. Text is only ever set as text, never as HTML.

/** @returns {HTMLElement} the element of the page's own markup with this id */
export function byId(id) {
  return document.getElementById(id);
}

/** A new element of a class, with a text where one is given. */
export function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

/** A new element of SVG with attributes. */
export function svg(name, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
