// Buttons that open a <dialog>: data-dialog="id". Closing is the browser's: Esc, <form method="dialog">, and a click beside it.

export function openDialog(dialog) {
  if (!dialog || dialog.open) return;
  // One at a time: the palette opened over the sheet of keys would leave two to close.
  document.querySelectorAll("dialog[open]").forEach((other) => other.close());
  document.querySelectorAll("[popover]:popover-open").forEach((menu) => menu.hidePopover());
  dialog.showModal();
  // The browser's own toggle event comes a task later: what is typed until then would be lost.
  dialog.dispatchEvent(new CustomEvent("trace:open"));
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest?.("[data-dialog]");
  if (opener) openDialog(document.getElementById(opener.dataset.dialog));
  // The dialog itself is the target only of clicks on its backdrop: its children fill it.
  if (event.target instanceof HTMLDialogElement && outside(event.target, event))
    event.target.close();
});

// An address may open one, `#activate`, where the page has a button for it: what somebody may not do has none.
if (location.hash.length > 1)
  document.querySelector(`[data-dialog="${CSS.escape(location.hash.slice(1))}"]`)?.click();

function outside(dialog, { clientX, clientY }) {
  const box = dialog.getBoundingClientRect();
  return clientX < box.left || clientX > box.right || clientY < box.top || clientY > box.bottom;
}
