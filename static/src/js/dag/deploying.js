// Deploying a text: said before, answered after. When somebody else deployed in between, both changes are shown against the text
// that both came from, and nothing is written over.

import { announce } from "../announce.js";
import { element } from "../nodes.js";
import { showBlocks } from "./blocks.js";
import { ask, Refused } from "./server.js";

export class Deploying {
  constructor({ address, parts, dialogs, host }) {
    Object.assign(this, { address, parts, dialogs, host });
    parts["deploy-go"].addEventListener("click", () => this.#deploy());
    parts["take-theirs"].addEventListener("click", () => this.#resolve(this.theirs.yaml));
    parts["keep-mine"].addEventListener("click", () => this.#resolve(this.mine));
    parts["take-both"].addEventListener("click", () => this.#resolve(this.both));
  }

  async ask() {
    const { base, validation } = this.host;
    const result = await validation.now();
    if (result?.problems.length) {
      announce("A document with problems is not deployed.");
      return this.host.showProblems(result.problems);
    }
    this.#say(
      base
        ? "The text becomes a new version. What runs goes on with the active one until you activate the new one."
        : "The text becomes the first version. Nothing runs until you activate it.",
    );
    this.#offer({ canDeploy: true });
    this.dialogs.deploy.showModal();
  }

  async #deploy() {
    const { doc, draft } = this.host;
    const text = doc.toString();
    this.parts["deploy-go"].setAttribute("aria-busy", "true");
    try {
      // A deploy takes away the draft that says the same: an older one, or a save still on its way, would be there afterwards.
      await draft.save();
      // Another tab's text was taken in the meantime: nobody has asked to deploy that.
      if (this.host.doc !== doc) return this.dialogs.deploy.close();
      const { base, dag } = this.host;
      this.#done(await ask(this.address, { body: { yaml: text, base, dag } }), doc);
    } catch (error) {
      await this.#refused(error, text);
    } finally {
      draft.changed();
      this.parts["deploy-go"].removeAttribute("aria-busy");
    }
  }

  #done({ id, dag, number, url, state }, doc) {
    this.host.deployed({ id, dag, number, url }, doc);
    this.#say(`This text is version ${number} now. It is ${state}.`);
    const isActive = state === "active";
    this.parts["deploy-link"].href = isActive ? url : `${url}#activate`;
    this.parts["deploy-link"].textContent = isActive
      ? `Go to version ${number}`
      : `Activate version ${number} …`;
    this.#offer({ canDeploy: false });
    this.parts["deploy-link"].focus();
  }

  async #refused(error, text) {
    if (!(error instanceof Refused)) return this.#say(error.message);
    if (error.code === "stale_base") return this.#conflict(error, text);
    if (error.status === 422 && error.body.errors) {
      this.dialogs.deploy.close();
      this.host.showProblems(error.body.errors);
      return;
    }
    this.#say(
      `${error.message} (${[error.code, error.body.request_id].filter(Boolean).join(", ")})`,
    );
  }

  async #conflict({ message, body }, text) {
    const { compare, conflictsOf, joined, threeWay } = await import("./merging.js");
    const { theirs, base_yaml: base } = body;
    const parts = threeWay(base, text, theirs.yaml);
    const conflicts = conflictsOf(parts);
    Object.assign(this, { theirs, mine: text });
    this.dialogs.deploy.close();
    this.parts["conflict-said"].textContent = `${message} ${together(conflicts.length)}`;
    this.parts["take-both"].textContent = conflicts.length ? "Merge as chosen" : "Merge both";
    showBlocks(this.parts["conflict-blocks"], conflicts, (chosen) => {
      const isOpen = chosen.includes(null);
      this.parts["take-both"].disabled = isOpen;
      this.both = isOpen ? null : joined(parts, chosen);
    });
    this.dialogs.conflict.showModal();
    compare(this.parts.theirs, { before: base, after: theirs.yaml, label: "Their change" });
    compare(this.parts.mine, { before: base, after: text, label: "Your change" });
  }

  // The text goes on from their version, and whoever wrote it deploys again.
  #resolve(text) {
    this.dialogs.conflict.close();
    this.host.rebase(this.theirs, text);
  }

  #say(text) {
    this.parts["deploy-said"].replaceChildren(element("p", {}, text));
  }

  #offer({ canDeploy }) {
    this.parts["deploy-go"].hidden = !canDeploy;
    this.parts["deploy-link"].hidden = canDeploy;
  }
}

function together(count) {
  if (!count) return "You changed different lines, so both changes can be merged.";
  const where = count === 1 ? "in one place" : `in ${count} places`;
  return `Both of you changed the same lines ${where}: choose whose is taken. All the rest is merged.`;
}
