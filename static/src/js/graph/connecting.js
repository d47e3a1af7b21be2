// A line drawn with the mouse from the port of a job to another job. The keyboard's way is “Connect …” in the details of a node.

import { shape } from "../nodes.js";

export class Connecting {
  constructor(host, camera, drawing) {
    Object.assign(this, { host, camera, drawing });
    camera.view.addEventListener("pointerdown", (event) => this.#start(event));
  }

  #start(event) {
    const port = event.target.closest("[data-port]");
    if (!port || event.button !== 0) return;
    event.preventDefault();
    const from = port.closest("[data-id]").dataset.id;
    const { right, y } = this.drawing.drawn.get(from);
    const line = shape("path", { class: "edge edge-new" });
    this.drawing.picture.append(line);
    const move = (moved) => {
      const to = this.camera.pointOf(moved);
      const middle = (right + to.x) / 2;
      line.setAttribute("d", `M${right} ${y}C${middle} ${y} ${middle} ${to.y} ${to.x} ${to.y}`);
    };
    const up = (ended) => {
      removeEventListener("pointermove", move);
      line.remove();
      this.#end(from, ended);
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", up, { once: true });
  }

  #end(from, { clientX, clientY }) {
    const over = document.elementFromPoint(clientX, clientY)?.closest(".node[data-id]");
    const to = over?.dataset.id;
    // Whoever lets go where it began has thought better of it.
    if (!to || to === from || !this.host.contains(over)) return;
    const { byId } = this.host.graph;
    this.host.dispatchEvent(
      new CustomEvent("trace:connect", {
        bubbles: true,
        detail: { from: byId.get(from), to: byId.get(to) },
      }),
    );
  }
}
