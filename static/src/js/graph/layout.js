// Asks the worker for places. One question at a time: a newer one ends the older, and a worker that is stuck is replaced.

const LIMIT_MS = 10_000;
const KEPT = 24;

export class TooLong extends Error {}
export class Superseded extends Error {}

// The policy requires it for the address of a worker. Only what this origin serves may run.
const policy = globalThis.trustedTypes?.createPolicy("trace", {
  createScriptURL(address) {
    const url = new URL(address, location.href);
    if (url.origin !== location.origin) throw new TypeError(`${url.origin} is another origin`);
    return url.href;
  },
});

export class Layout {
  #cache = new Map();
  #asked = null;
  #worker = null;

  constructor(address) {
    this.address = address;
  }

  async places(nodes, edges) {
    const question = {
      nodes: nodes.map(sized),
      edges: edges.map(({ from, to }) => ({ from, to })),
    };
    const key = JSON.stringify(question);
    this.#end(new Superseded());
    if (!this.#cache.has(key)) this.#keep(key, await this.#ask(question));
    return this.#cache.get(key);
  }

  stop() {
    this.#end(new Superseded());
    this.#worker?.terminate();
    this.#worker = null;
  }

  // The first answer does not wait for the start of the worker: call it when the page is still busy with other things.
  warm() {
    this.#worker ??= new Worker(policy ? policy.createScriptURL(this.address) : this.address, {
      type: "module",
    });
    return this.#worker;
  }

  #ask(question) {
    return new Promise((resolve, reject) => {
      const worker = this.warm();
      const timer = setTimeout(() => this.#end(new TooLong()), LIMIT_MS);
      this.#asked = { reject, timer };
      worker.onmessage = ({ data }) => {
        this.#settled();
        resolve(data);
      };
      worker.onerror = (event) => this.#end(new Error(event.message));
      worker.postMessage(question);
    });
  }

  #end(reason) {
    if (!this.#asked) return;
    const { reject } = this.#asked;
    this.#settled();
    this.#worker.terminate();
    this.#worker = null;
    reject(reason);
  }

  #settled() {
    clearTimeout(this.#asked.timer);
    this.#asked = null;
  }

  #keep(key, places) {
    this.#cache.set(key, places);
    if (this.#cache.size > KEPT) this.#cache.delete(this.#cache.keys().next().value);
  }
}

export const WIDTH = 196;
export const HEIGHT = 44;

const sized = ({ id }) => ({ id, width: WIDTH, height: HEIGHT });
