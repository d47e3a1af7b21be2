// Edits made in the graph. The server says what they change in the text; the text takes it as one step, so undo takes it back as one.

import { isolateHistory } from "@codemirror/commands";

import { announce } from "../announce.js";
import { ask } from "./server.js";

export class TextMoved extends Error {
  constructor() {
    super("The text changed while the server answered. Do it once more.");
  }
}

// `onFailure` shows an error, and answers with the note that does.
export class Edits {
  #complaint = null;

  constructor({ address, view, onFailure }) {
    Object.assign(this, { address, view, onFailure });
  }

  async apply(edit, said, onFailure = this.onFailure) {
    const { doc } = this.view.state;
    try {
      const { changes, caret } = await ask(this.address, { body: { yaml: doc.toString(), edit } });
      if (this.view.state.doc !== doc) throw new TextMoved();
      this.#take(changes, caret);
      // What was wrong before is put right.
      this.#complaint?.remove();
      announce(said);
      return true;
    } catch (error) {
      this.#complain(error, onFailure);
      return false;
    }
  }

  // What would not be right is not asked for.
  refuse(text) {
    this.#complain(new Error(text), this.onFailure);
  }

  #complain(error, onFailure) {
    this.#complaint?.remove();
    this.#complaint = onFailure(error);
  }

  #take(changes, caret) {
    this.view.dispatch({
      changes,
      selection: caret === null || caret === undefined ? undefined : { anchor: caret },
      scrollIntoView: true,
      annotations: isolateHistory.of("full"),
      userEvent: "input.graph",
    });
  }
}
