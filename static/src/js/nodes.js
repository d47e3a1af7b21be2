// Nodes without HTML: text never becomes markup.

const SVG = "http://www.w3.org/2000/svg";

export function element(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

export function shape(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

function filled(node, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) node.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined)
      node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

export function icon(name, extra = "") {
  return shape(
    "svg",
    { class: `icon ${extra}`.trim(), "aria-hidden": "true", focusable: "false" },
    shape("use", { href: `${sprite()}#${name}` }),
  );
}

// Every page of the frame has drawn an icon already: the hashed name of the sprite stands there.
function sprite() {
  return document.querySelector("svg.icon use").getAttribute("href").split("#")[0];
}

export function button(label, { symbol, kind = "ghost", ...attributes } = {}) {
  const classes = `button button-${kind}${symbol ? " button-icon" : ""}`;
  const name = symbol ? { "aria-label": label, title: label } : {};
  return element(
    "button",
    { type: "button", class: classes, ...name, ...attributes },
    symbol ? icon(symbol) : label,
  );
}

// A sentence of the server's, in which `names` stand between backticks.
export function said(text) {
  return text
    .split("`")
    .map((part, at, all) => (at % 2 && at < all.length - 1 ? element("code", {}, part) : part));
}
