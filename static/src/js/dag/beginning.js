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
    said: `It was saved at ${moment(found.saved_at)} and differs from the text of this page, as shown below. Nothing is lost either way: whoever starts anew gets a second draft, and finds this one on the page of the DAG.`,
    before: draft.saved.toString(),
    after: found.yaml,
    label: "The draft against the text of this page",
    yes: "Go on with the draft",
    no: start(),
  });
  if (choice === "no") draft.part();
  else host.adopt(found);
}

function start() {
  const version = wanted("version");
  return version ? `Start from version ${version}` : "Start anew with this page’s text";
}

// Who closes the dialog keeps what was typed: undo brings the server’s text back.
async function withKept(kept, host) {
  const choice = await choose(host, {
    title: "This browser has text that the server does not",
    said: `It was typed here until ${moment(kept.at)} and not saved. Below is how it differs from the server’s text. Whoever goes on with the server’s finds this browser’s among the drafts.`,
    before: host.draft.saved.toString(),
    after: kept.text,
    label: "This browser’s text against the server’s",
    yes: "Use this browser’s",
    no: "Use the server’s",
  });
  if (choice === "no") await host.draft.setAside(kept);
  else host.goOn(kept);
}

// Whether the text here becomes a draft beside the one that another tab saved. Who closes the dialog is asked again.
export async function isKeptBeside(theirs, host) {
  const choice = await choose(host, {
    title: "Another tab saved this draft",
    said: `It was saved elsewhere at ${moment(theirs.saved_at)}. Below is how your text here differs from that one. Either take that one, which undo takes back, or keep yours as a second draft.`,
    before: theirs.yaml,
    after: host.text,
    label: "Your text against that of the other tab",
    yes: "Keep mine as well",
    no: "Take theirs",
  });
  if (choice === "no") host.adopt(theirs);
  return choice === "yes";
}
