// The tabs of the drawer. The open one is in the address, so that a link and Back find it.

export class Tabs {
  constructor(list, onOpen) {
    this.tabs = [...list.querySelectorAll("[role=tab]")];
    this.onOpen = onOpen;
    list.addEventListener("click", (event) =>
      this.open(event.target.closest("[data-tab]")?.dataset.tab),
    );
    list.addEventListener("keydown", (event) => this.#onKey(event));
  }

  openFromAddress() {
    const wanted = new URLSearchParams(location.search).get("tab");
    if (this.tabs.some((tab) => tab.dataset.tab === wanted)) this.open(wanted);
  }

  open(name) {
    if (!name) return;
    for (const tab of this.tabs) {
      const isOpen = tab.dataset.tab === name;
      tab.setAttribute("aria-selected", String(isOpen));
      tab.tabIndex = isOpen ? 0 : -1;
      document.getElementById(tab.getAttribute("aria-controls")).hidden = !isOpen;
    }
    const address = new URL(location);
    if (name === this.tabs[0].dataset.tab) address.searchParams.delete("tab");
    else address.searchParams.set("tab", name);
    history.replaceState(history.state, "", address);
    this.onOpen(name);
  }

  #onKey(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const here = this.tabs.findIndex((tab) => tab.tabIndex === 0);
    const next = this.tabs[(here + step + this.tabs.length) % this.tabs.length];
    next.focus();
    this.open(next.dataset.tab);
  }
}
