// With which text a page goes on where there are several: what was asked for, the draft on the server, what this browser kept, what
// another tab saved. Nothing is written over before somebody has seen it.

import { wanted } from "./address.js";
import { choose, moment } from "./choosing.js";

export async function begin(host) {
  const found = await host.draft.look();
  if (found) await withDraft(found, host);
  const kept = host.draft.kept();
  if (kept) await withKept(kept, host);
}

// Who closes the dialog goes on with the draft: undo brings the other text back.
async function withDraft(found, host) {
  const { draft } = host;
  if (draft.isSaved(found.yaml)) return draft.follow(found);
  const choice = await choose(host, {
    title: "You have a draft",
    said: `It was saved at ${moment(found.saved_at)}. Below is how it differs from the text that this page began with, which would take its place.`,
    before: draft.saved.toString(),
    after: found.yaml,
    label: "The draft against the text of this page",
    yes: "Go on with the draft",
    no: start(),
  });
  if (choice === "no") draft.follow(found);
  else host.adopt(found);
}

function start() {
  const version = wanted("version");
  return version ? `Start from version ${version}` : "Start from the text of this page";
}

// Who closes the dialog keeps what was typed: undo brings the server’s text back.
async function withKept(kept, host) {
  const choice = await choose(host, {
    title: "This browser has text that the server does not",
    said: `It was typed here until ${moment(kept.at)} and not saved. Below is how it differs from the server’s text.`,
    before: host.draft.saved.toString(),
    after: kept.text,
    label: "This browser’s text against the server’s",
    yes: "Use this browser’s",
    no: "Use the server’s",
  });
  if (choice === "no") host.draft.forget();
  else host.goOn(kept);
}

// Whether the text here takes the place of the one that another tab saved. Who closes the dialog keeps both, and is asked again.
export async function isMineKept(theirs, host) {
  const choice = await choose(host, {
    title: "Another tab saved this draft",
    said: `It was saved elsewhere at ${moment(theirs.saved_at)}. Below is how your text here differs from that one.`,
    before: theirs.yaml,
    after: host.text,
    label: "Your text against that of the other tab",
    yes: "Keep mine",
    no: "Take theirs",
  });
  if (choice === "no") host.adopt(theirs);
  return choice === "yes";
}
