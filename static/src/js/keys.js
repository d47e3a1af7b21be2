// Keys of every page: Ctrl/⌘ K palette, ? sheet, g then a letter, / filter, j k Enter x in lists.
// The single-letter ones can be switched off (WCAG 2.1.4); the choice is the person's, and the server writes it into the page.

import { announce } from "./announce.js";
import { openDialog } from "./dialogs.js";

const SEQUENCE_MS = 1200;
const byId = (id) => document.getElementById(id);

let goUntil = 0;

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
    if (!byId("palette")) return;
    event.preventDefault();
    byId("palette").open ? byId("palette").close() : openDialog(byId("palette"));
  } else if (!event.ctrlKey && !event.metaKey && !event.altKey && lettersAreFree(event)) {
    if (single(event.key)) event.preventDefault();
  }
});

function lettersAreFree(event) {
  if (event.target.closest?.("input, textarea, select, [contenteditable], dialog[open]"))
    return false;
  return lettersOn() && !document.querySelector("dialog[open]");
}

function single(key) {
  if (goUntil > performance.now()) {
    goUntil = 0;
    const link = document.querySelector(`[data-go="${CSS.escape(key)}"]`);
    link?.click();
    return Boolean(link);
  }
  switch (key) {
    case "?":
      openDialog(byId("keys"));
      return true;
    case "g":
      goUntil = performance.now() + SEQUENCE_MS;
      return true;
    case "/":
      return focusFilter();
    case "j":
      return move(1);
    case "k":
      return move(-1);
    case "Enter":
      return follow();
    case "x":
      return select();
  }
  return false;
}

function focusFilter() {
  const filter = document.querySelector("[data-filter]");
  if (!filter) return false;
  filter.focus();
  filter.select?.();
  return true;
}

// Lists: rows marked [data-row] take focus in turn.

function move(step) {
  const rows = [...document.querySelectorAll("[data-row]")].filter((row) => row.checkVisibility());
  if (!rows.length) return false;
  const here = rows.indexOf(document.activeElement?.closest("[data-row]"));
  const next = here < 0 ? (step > 0 ? 0 : rows.length - 1) : here + step;
  const row = rows[Math.min(Math.max(next, 0), rows.length - 1)];
  row.tabIndex = 0;
  row.focus();
  return true;
}

function follow() {
  const active = document.activeElement;
  if (!active?.matches("[data-row]")) return false;
  const link = active.querySelector("a[href]");
  link?.click();
  return Boolean(link);
}

function select() {
  const box = document.activeElement?.closest("[data-row]")?.querySelector("input[type=checkbox]");
  box?.click();
  return Boolean(box);
}

// The switches: one in the sheet of keys, one on the profile. htmx sends them; what counts is what the server says then.

function lettersOn() {
  return document.documentElement.dataset.letterKeys !== "off";
}

function showSwitches() {
  for (const box of document.querySelectorAll("input[data-letter-keys]")) box.checked = lettersOn();
}

document.addEventListener("trace:letter-keys", ({ detail }) => {
  document.documentElement.dataset.letterKeys = detail.isOn ? "on" : "off";
  showSwitches();
  announce(detail.isOn ? "Single-letter keys are on." : "Single-letter keys are off.");
});
for (const failed of ["htmx:error", "htmx:response:error"])
  document.addEventListener(failed, showSwitches);
// A page from the browser's history shows its boxes as they were left.
showSwitches();
