// The server's word that something changed. One connection for all of a page that listens to the same address, and only while
// somebody sees the page: over HTTP/1.1 a browser opens six to a server for all its tabs together, and a seventh page would not load.

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

  constructor(address) {
    this.#address = address;
    document.addEventListener("visibilitychange", () => {
      this.follow();
      // What was said meanwhile.
      if (!document.hidden) this.#tell();
    });
  }

  follow() {
    const wanted = this.tells.size > 0 && !document.hidden;
    if (wanted && !this.#source) {
      this.#source = new EventSource(this.#address);
      this.#source.onmessage = () => this.#tell();
    } else if (!wanted) {
      this.#source?.close();
      this.#source = null;
    }
  }

  #tell() {
    for (const tell of this.tells) tell();
  }
}
