// Nothing typed is lost: at once into this browser, after five seconds to the server, and whoever leaves before is asked.

import { element } from "../nodes.js";
import { ask } from "./server.js";

const PAUSE_MS = 5000;

export class Draft {
  #timer = 0;
  #saving = null;

  constructor({ address, person, badge, host, base, onFailure }) {
    Object.assign(this, { address, badge, host, base, onFailure });
    this.key = `trace:draft:${person}:${location.pathname}`;
    this.saved = host.text;
    addEventListener("beforeunload", (event) => this.isUnsaved() && event.preventDefault());
  }

  isUnsaved() {
    return this.host.text !== this.saved;
  }

  // What this browser kept and the server never got: after a crash, or a connection that was gone.
  kept() {
    const found = JSON.parse(localStorage.getItem(this.key) ?? "null");
    return found && found.text !== this.saved ? found : null;
  }

  forget() {
    localStorage.removeItem(this.key);
  }

  changed() {
    if (!this.isUnsaved()) return this.#settled();
    this.#keep();
    this.badge.textContent = "not saved";
    this.#timer ||= setTimeout(() => this.save(), PAUSE_MS);
  }

  save() {
    this.#wait();
    this.#saving = (this.#saving ?? Promise.resolve()).then(() => this.#put());
    return this.#saving;
  }

  // The server holds this text now, as a draft or as a version.
  settle(text, at = new Date()) {
    this.saved = text;
    this.#say(at);
    this.changed();
  }

  async #put() {
    const text = this.host.text;
    if (text === this.saved) return;
    try {
      const { saved_at: at } = await ask(this.address, {
        method: "PUT",
        body: { yaml: text, dag: this.host.dag, base: this.base },
      });
      this.settle(text, new Date(at));
    } catch (error) {
      this.badge.textContent = "not saved";
      this.onFailure(error);
    }
  }

  #settled() {
    this.#wait();
    this.forget();
  }

  #wait() {
    clearTimeout(this.#timer);
    this.#timer = 0;
  }

  #keep() {
    const kept = { text: this.host.text, base: this.base, at: new Date().toISOString() };
    try {
      localStorage.setItem(this.key, JSON.stringify(kept));
    } catch {
      // Full or switched off: the server gets it in five seconds all the same.
    }
  }

  #say(at) {
    const iso = at.toISOString();
    const time = element("time", { datetime: iso, title: iso, "data-relative": true }, "now");
    this.badge.replaceChildren("saved ", time);
  }
}
