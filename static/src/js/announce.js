// The one live region of the page.

export function announce(text) {
  const region = document.getElementById("announcements");
  if (!region) return;
  // The same text twice is no change to a screen reader: empty it first.
  region.textContent = "";
  requestAnimationFrame(() => (region.textContent = text));
}
