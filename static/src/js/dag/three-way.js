// Two changes of one text, put together: what only one side changed is taken, and of what both changed somebody chooses.

import { Chunk } from "@codemirror/merge";
import { Text } from "@codemirror/state";

// A limit on the search for the smallest difference: of a long text a rough one at once is better.
export const SCAN = { scanLimit: 2000, timeout: 300 };

// Parts of the merged text in their order: `{ text }`, or `{ base, mine, theirs, line }` where both sides changed the same lines.
export function threeWay(base, mine, theirs) {
  // With a last line end, a change is always whole lines.
  const [from, one, other] = [base, mine, theirs].map((text) => Text.of(`${text}\n`.split("\n")));
  const places = together([...changes(from, one, "mine"), ...changes(from, other, "theirs")]);
  const parts = [];
  let at = 0;
  for (const place of places) {
    parts.push({ text: from.sliceString(at, place.from) }, part(from, place));
    at = place.to;
  }
  return [...parts, { text: from.sliceString(at) }];
}

export const conflictsOf = (parts) => parts.filter(({ text }) => text === undefined);

// `chosen`: for each conflict in its order "mine" or "theirs".
export function joined(parts, chosen = []) {
  const left = [...chosen];
  return parts
    .map((part) => part.text ?? part[left.shift()])
    .join("")
    .slice(0, -1);
}

function changes(from, to, side) {
  return Chunk.build(from, to, SCAN).map(({ fromA, toA, fromB, toB }) => ({
    side,
    from: fromA,
    to: Math.min(toA, from.length),
    insert: to.sliceString(fromB, Math.min(toB, to.length)),
  }));
}

// Changes that touch are one place: what stands beside a changed line is not put there unseen.
function together(found) {
  const places = [];
  for (const change of found.sort((one, other) => one.from - other.from || one.to - other.to)) {
    const last = places.at(-1);
    if (last && change.from <= last.to) {
      last.changes.push(change);
      last.to = Math.max(last.to, change.to);
    } else places.push({ from: change.from, to: change.to, changes: [change] });
  }
  return places;
}

function part(from, place) {
  const [mine, theirs] = ["mine", "theirs"].map((side) => textOf(from, place, side));
  const base = from.sliceString(place.from, place.to);
  if (mine === theirs || theirs === base) return { text: mine };
  if (mine === base) return { text: theirs };
  return { base, mine, theirs, line: from.lineAt(place.from).number };
}

function textOf(from, place, side) {
  let [text, at] = ["", place.from];
  for (const change of place.changes.filter((one) => one.side === side)) {
    text += from.sliceString(at, change.from) + change.insert;
    at = change.to;
  }
  return text + from.sliceString(at, place.to);
}
