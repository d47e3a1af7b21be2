// Nothing typed is lost: within half a second into this browser, after five seconds to the server, and whoever leaves before is asked.
// What another tab saved since is not written over: the server refuses, and somebody chooses.

import { element } from "../nodes.js";
import { forget, store, stored } from "../stored.js";
import { freshSlot, toDraft, wanted } from "./address.js";
import { ask } from "./server.js";

const PAUSE_MS = 5000;
// To write a long text at every key would hold the next one up.
const KEEP_MS = 500;

export class Draft {
  #timer = 0;
  #keeping = 0;
  #saving = Promise.resolve();
  // Which draft it is, where it is not that of the DAG: of a new one, or beside it. Nothing takes the place of another draft unasked.
  #slot = "";
  // `saved_at` of the draft that this text goes on from.
  #seen = "";
  #sent = null;

  constructor({ address, person, badge, discarding, host, base, onStale, onFailure }) {
    Object.assign(this, { address, person, badge, discarding, host, base, onStale, onFailure });
    this.saved = host.doc;
    this.#slot = wanted("draft") ?? (host.dag ? "" : freshSlot());
    addEventListener("beforeunload", (event) => this.isUnsaved() && event.preventDefault());
    addEventListener("pagehide", () => this.#keep());
  }

  isUnsaved() {
    return !this.host.doc.eq(this.saved);
  }

  // What the server holds, which need not be what this page began with.
  async look() {
    return (await ask(this.#address(), { method: "GET" })).draft;
  }

  // What this browser kept and the server never got: after a crash, or a connection that was gone.
  kept() {
    const found = stored(this.#key);
    const isOurs = [found?.text, found?.base].every((one) => typeof one === "string");
    return isOurs && !isNaN(Date.parse(found.at)) && !this.isSaved(found.text) ? found : null;
  }

  isSaved(text) {
    return this.host.read(text).eq(this.saved);
  }

  forget() {
    forget(this.#key);
  }

  changed() {
    if (!this.isUnsaved()) return this.#settled();
    this.#keeping ||= setTimeout(() => this.#keep(), KEEP_MS);
    this.#timer ||= setTimeout(() => this.save(), PAUSE_MS);
    if (this.badge.textContent !== "not saved") this.badge.textContent = "not saved";
  }

  save() {
    this.#wait();
    this.#saving = this.#saving.then(() => this.#put()).catch(this.onFailure);
    return this.#saving;
  }

  // The text here takes the place of that draft, or is that draft.
  follow({ saved_at: at }) {
    this.#seen = at;
    this.discarding.hidden = false;
    if (!this.isUnsaved()) this.#say(at);
  }

  // From now on a draft of its own: the one that was found stays as it is.
  part() {
    this.#slot = freshSlot();
    this.#seen = "";
  }

  // A text that nobody goes on with here, as a draft of its own.
  async setAside({ text, base }) {
    const body = { yaml: text, dag: this.host.dag, base, slot: freshSlot() };
    await ask(this.address, { method: "PUT", body });
    this.forget();
  }

  // The server holds this text as the draft now.
  settle(doc, at) {
    this.#hold(doc);
    this.follow({ saved_at: at });
    toDraft(this.#slot);
    this.changed();
  }

  // The server holds this text as a version now, and no draft.
  deployed(doc) {
    this.#slot = "";
    this.#seen = "";
    this.#hold(doc);
    this.discarding.hidden = true;
    this.#say(new Date().toISOString());
  }

  async discard() {
    this.#wait();
    // A save that arrives later would bring it back.
    await this.#saving;
    const address = this.#address();
    address.searchParams.set("seen", this.#seen);
    await ask(address, { method: "DELETE" });
    this.#hold(this.host.doc);
  }

  async #put() {
    const { doc, dag } = this.host;
    if (doc.eq(this.saved)) return;
    const [text, before] = [doc.toString(), this.#sent];
    this.#sent = text;
    try {
      const body = { yaml: text, dag, base: this.base, slot: this.#slot, seen: this.#seen };
      const { saved_at: at } = await ask(this.address, { method: "PUT", body });
      this.settle(doc, at);
    } catch (error) {
      if (error.code === "stale_draft") return this.#refused(error.body.theirs, before);
      this.badge.textContent = "not saved";
      this.onFailure(error);
    }
  }

  async #refused(theirs, before) {
    // Where the answer to a save was lost, the draft that is in the way is our own.
    const isOurs = !theirs || theirs.yaml === before || this.isSaved(theirs.yaml);
    if (!isOurs) {
      if (!(await this.onStale(theirs))) return;
      this.part();
    } else this.#seen = theirs?.saved_at ?? "";
    return this.#put();
  }

  #hold(doc) {
    this.saved = doc;
    this.#settled();
  }

  #settled() {
    this.#wait();
    clearTimeout(this.#keeping);
    this.#keeping = 0;
    this.forget();
  }

  #wait() {
    clearTimeout(this.#timer);
    this.#timer = 0;
  }

  #keep() {
    this.#keeping = 0;
    if (!this.isUnsaved()) return;
    const { text } = this.host;
    store(this.#key, { text, base: this.base, at: new Date().toISOString() });
  }

  // A page that began with an older version, or with a draft beside that of the DAG, keeps its text apart. New DAGs share a place, so
  // that text which never reached the server is offered to whoever starts the next.
  get #key() {
    const { dag } = this.host;
    const [began] = ["version", "draft"].filter((name) => dag && wanted(name));
    const query = began ? `?${began}=${wanted(began)}` : "";
    return `trace:draft:${this.person}:${location.pathname}${query}`;
  }

  #address() {
    const address = new URL(this.address, location);
    address.searchParams.set("dag", this.#slot || this.host.dag);
    return address;
  }

  #say(at) {
    const time = element("time", { datetime: at, title: at, "data-relative": true }, "now");
    this.badge.replaceChildren("saved ", time);
  }
}
