// What the keys do in the drawing. `acts` are functions; one that says false has done nothing, and the key is the browser's.

const ARROWS = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"];
const KEYS = {
  ...Object.fromEntries(ARROWS.map((key) => [key, ({ step }, id) => step(key, id)])),
  Enter: ({ open }, id) => open(id),
  " ": ({ open }, id) => open(id),
  Delete: ({ edit }, id) => edit("delete", id),
  F2: ({ edit }, id) => edit("rename", id),
  "+": ({ zoom }) => zoom(1.25),
  "=": ({ zoom }) => zoom(1.25),
  "-": ({ zoom }) => zoom(0.8),
  0: ({ overview }) => overview(),
  Escape: ({ close }) => close(),
};

// What can be done with a node is done by the same keys in the drawing and in the table.
export function keysOf(part, acts, known = Object.keys(KEYS)) {
  part.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !known.includes(event.key)) return;
    if (KEYS[event.key](acts, idAt(event)) === false) return;
    event.preventDefault();
    event.stopPropagation();
  });
}

// The menu key and the right button.
export function onMenu(part, open) {
  part.addEventListener("contextmenu", (event) => {
    const id = idAt(event);
    if (!id) return;
    event.preventDefault();
    open(id);
  });
}

export const EDITING = ["Delete", "F2"];

// The node that an event is about: none between the nodes.
export const idAt = (event) => event.target.closest("[data-id]")?.dataset.id;
