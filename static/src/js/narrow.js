// What a narrow window would hide: the tab of this page at the end of a row of tabs, and the heading of a cell whose row is stacked.

for (const tab of document.querySelectorAll(".tabs [aria-current]")) {
  const row = tab.parentElement;
  row.scrollLeft = tab.offsetLeft - row.offsetLeft - (row.clientWidth - tab.offsetWidth) / 2;
}

// Only where a row is a card: in a wide window the labels are not seen, and to write hundreds of them at every look is not free.
const narrow = matchMedia("(width < 640px)");

function label(within) {
  if (!narrow.matches) return;
  for (const table of within.querySelectorAll(".table")) {
    const heads = [...table.querySelectorAll("thead th")].map(
      (head) => head.dataset.label ?? head.textContent.trim(),
    );
    // A heading that only a screen reader gets is over buttons, which say themselves what they do.
    const hidden = [...table.querySelectorAll("thead th")].map(
      (head) => head.matches("[data-unlabelled]") || head.querySelector(".sr-only"),
    );
    for (const row of table.querySelectorAll("tbody tr"))
      [...row.children].forEach((cell, place) => {
        if (place && !hidden[place]) cell.dataset.label = heads[place] ?? "";
      });
  }
}

label(document);
narrow.addEventListener("change", () => label(document));
document.addEventListener("htmx:load", (event) =>
  label(event.target.closest("table")?.parentElement ?? event.target),
);
// What is exchanged by morphing loses what the server did not send, and loads nothing.
document.addEventListener("htmx:after:swap", (event) => label(event.target));
