// Keeps `<time data-relative>` true while the page stays open. The server writes the first text; the exact UTC is in the title.

const STEPS = [
  [60, 1, "s"],
  [3600, 60, "min"],
  [86400, 3600, "h"],
  [Infinity, 86400, "d"],
];

function ago(date) {
  const seconds = (Date.now() - date) / 1000;
  // Rounded: what ends in 6 days and 23 hours ends in 7 days to a reader.
  const away = Math.abs(seconds);
  const [, unit, name] = STEPS.find(([below, unit]) => Math.round(away / unit) * unit < below);
  const count = Math.round(away / unit);
  if (count === 0) return "now";
  return seconds < 0 ? `in ${count} ${name}` : `${count} ${name} ago`;
}

function refresh() {
  if (document.hidden) return;
  for (const time of document.querySelectorAll("time[data-relative]")) {
    const text = ago(Date.parse(time.dateTime));
    if (time.textContent !== text) time.textContent = text;
  }
}

setInterval(refresh, 5000);
document.addEventListener("visibilitychange", refresh);
