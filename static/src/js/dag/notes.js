// What the editor says above the text, one thing at a time.

import { element, icon, said } from "../nodes.js";

export function say(host, text, state = "failed") {
  const isFailure = state === "failed";
  const close = element(
    "button",
    { type: "button", class: "copy", "aria-label": "Close this note" },
    icon("x"),
  );
  const note = element(
    "div",
    { class: `alert${isFailure ? " alert-failed" : ""}` },
    icon(isFailure ? "circle-alert" : "info"),
    element("div", {}, ...said(text)),
    close,
  );
  close.addEventListener("click", () => note.remove());
  host.replaceChildren(note);
  return note;
}
