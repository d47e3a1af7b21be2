// What a narrow window would hide: the tab of this page at the end of a row of tabs, and the heading of a cell whose row is stacked.

for (const tab of document.querySelectorAll(".tabs [aria-current]")) {
  const row = tab.parentElement;
  row.scrollLeft = tab.offsetLeft - row.offsetLeft - (row.clientWidth - tab.offsetWidth) / 2;
}

function label(within) {
  for (const table of within.querySelectorAll(".table")) {
    const heads = [...table.querySelectorAll("thead th")].map((head) => head.innerText.trim());
    // A heading that only a screen reader gets is over buttons, which say themselves what they do.
    const hidden = [...table.querySelectorAll("thead th")].map((head) =>
      head.querySelector(".sr-only"),
    );
    for (const row of table.querySelectorAll("tbody tr"))
      [...row.children].forEach((cell, place) => {
        if (place && !hidden[place]) cell.dataset.label = heads[place] ?? "";
      });
  }
}

label(document);
document.addEventListener("htmx:load", (event) =>
  label(event.target.closest("table")?.parentElement ?? event.target),
);
