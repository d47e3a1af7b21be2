// The server's word that something changed. One connection for all of a page that listens to the same address, and only while
// somebody sees the page and there is a seat: over HTTP/1.1 a browser opens six to a server for all its windows together, and where
// streams hold them all no page would load. Who has no seat polls, which every page that listens does anyway.

const SEATS = 4;
const heard = new Map();

// `tell()` is called at each notice, and when the page is seen again. Returns what ends it.
export function listen(address, tell) {
  const one = heard.get(address) ?? new Notices(address);
  heard.set(address, one);
  one.tells.add(tell);
  one.follow();
  return () => {
    one.tells.delete(tell);
    one.follow();
  };
}

class Notices {
  tells = new Set();
  #address;
  #source = null;
  #leave = null;
  #asking = false;

  constructor(address) {
    this.#address = address;
    document.addEventListener("visibilitychange", () => {
      this.follow();
      // What was said meanwhile.
      if (!document.hidden) this.#tell();
    });
  }

  get #wanted() {
    return this.tells.size > 0 && !document.hidden;
  }

  follow() {
    if (this.#wanted) this.#open();
    else this.#close();
  }

  async #open() {
    if (this.#source || this.#asking) return;
    this.#asking = true;
    this.#leave = await seat();
    this.#asking = false;
    if (!this.#leave) return;
    if (!this.#wanted) return this.#close();
    this.#source = new EventSource(this.#address);
    this.#source.onmessage = () => this.#tell();
  }

  #close() {
    this.#source?.close();
    this.#leave?.();
    this.#source = this.#leave = null;
  }

  #tell() {
    for (const tell of this.tells) tell();
  }
}

// What gives the seat back, or null where all are taken. A browser keeps locks for pages that came over https or from this machine;
// without them every page that is seen has a seat.
async function seat() {
  if (!navigator.locks) return () => {};
  for (let number = 0; number < SEATS; number++) {
    const leave = await tried(`trace-notices-${number}`);
    if (leave) return leave;
  }
  return null;
}

function tried(name) {
  return new Promise((say) => {
    navigator.locks.request(name, { ifAvailable: true }, (lock) =>
      lock ? new Promise((leave) => say(leave)) : say(null),
    );
  });
}
