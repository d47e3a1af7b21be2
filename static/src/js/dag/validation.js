// Asks the server about the text 300 ms after the last key. An answer about a text that is no longer there is dropped.

import { setDiagnostics } from "@codemirror/lint";

import { rangeOf } from "./positions.js";
import { ask, isAbort } from "./server.js";

const PAUSE_MS = 300;

export class Validation {
  #timer = 0;
  #running = null;

  constructor({ address, host, view, onResult, onFailure }) {
    Object.assign(this, { address, host, view, onResult, onFailure });
  }

  later() {
    clearTimeout(this.#timer);
    this.#running?.abort();
    this.#timer = setTimeout(() => this.now(), PAUSE_MS);
  }

  async now() {
    this.stop();
    const mine = (this.#running = new AbortController());
    const { doc } = this.view.state;
    try {
      const body = { yaml: doc.toString(), dag: this.host.dag };
      const result = await ask(this.address, { body, signal: mine.signal });
      if (this.view.state.doc === doc) this.#show(result);
      return result;
    } catch (error) {
      if (!isAbort(error)) this.onFailure(error);
      return null;
    }
  }

  stop() {
    clearTimeout(this.#timer);
    this.#running?.abort();
  }

  #show(result) {
    mark(this.view, result.problems, result.warnings);
    this.onResult(result);
  }
}

// Warnings forbid an activation, and no deployment.
export function mark(view, problems, warnings = []) {
  const { doc } = view.state;
  const marked = (severity) => (problem) => ({
    ...rangeOf(doc, problem),
    severity,
    message: [problem.message, problem.hint].filter(Boolean).join("\n"),
  });
  const found = [...problems.map(marked("error")), ...warnings.map(marked("warning"))];
  view.dispatch(setDiagnostics(view.state, found));
}
