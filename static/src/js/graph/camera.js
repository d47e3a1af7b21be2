// Pan and zoom of a drawing: a CSS transform of the whole SVG, which the browser then moves as a picture. To move a group inside of it
// would paint every node again in every frame.

const LEAST = 0.01;
const MOST = 2.5;
// Below this the words are too small to read, and painting them is what makes a frame slow.
const WORDS_FROM = 0.5;
const EASY_TO_READ = 0.8;
const MARGIN = 240;
// Around what is shown.
const ROOM = 24;
const REST_MS = 160;

export class Camera {
  #frame = 0;
  #seen = null;

  #resting = 0;

  constructor(view, picture, { onMove }) {
    Object.assign(this, { view, picture, onMove, x: 0, y: 0, zoom: 1 });
    view.addEventListener("wheel", (event) => this.#onWheel(event), { passive: false });
    view.addEventListener("pointerdown", (event) => this.#onDown(event));
  }

  fit({ width, height }, most = 1) {
    const { clientWidth, clientHeight } = this.view;
    if (!width || !clientWidth) return;
    this.zoom = clamp(this.#zoomOf({ width, height }), LEAST, most);
    this.x = (clientWidth - width * this.zoom) / 2;
    this.y = (clientHeight - height * this.zoom) / 2;
    this.#changed();
  }

  zoomBy(factor, { x, y } = this.#middle()) {
    const zoom = clamp(this.zoom * factor, LEAST, MOST);
    this.x = x - ((x - this.x) * zoom) / this.zoom;
    this.y = y - ((y - this.y) * zoom) / this.zoom;
    this.zoom = zoom;
    this.#changed();
  }

  panBy(dx, dy) {
    this.x += dx;
    this.y += dy;
    this.#changed();
  }

  // What stands in another place now is seen where it was.
  follow(before, after) {
    this.panBy((before.x - after.x) * this.zoom, (before.y - after.y) * this.zoom);
  }

  // Whether the whole of it can be read at once.
  isReadable({ width, height }) {
    return this.#zoomOf({ width, height }) >= WORDS_FROM;
  }

  // Of what is too large to be read at once, its beginning.
  begin({ left, y }) {
    this.zoom = EASY_TO_READ;
    this.x = ROOM - left * this.zoom;
    this.y = this.view.clientHeight / 2 - y * this.zoom;
    this.#changed();
  }

  centre({ x, y }, zoom = Math.max(this.zoom, EASY_TO_READ)) {
    const { clientWidth, clientHeight } = this.view;
    this.zoom = zoom;
    this.x = clientWidth / 2 - x * zoom;
    this.y = clientHeight / 2 - y * zoom;
    this.#changed();
  }

  // Moves no further than is needed to see it whole.
  reveal({ left, top, right, bottom }) {
    const { clientWidth, clientHeight } = this.view;
    const at = (value, offset) => value * this.zoom + offset;
    const dx = into(at(left, this.x), at(right, this.x), clientWidth);
    const dy = into(at(top, this.y), at(bottom, this.y), clientHeight);
    if (dx || dy) this.panBy(dx, dy);
  }

  // What part of the drawing is on the screen, in its own units, with room to move before it must be asked again.
  sight(margin) {
    const room = margin / this.zoom;
    return {
      left: -this.x / this.zoom - room,
      top: -this.y / this.zoom - room,
      right: (this.view.clientWidth - this.x) / this.zoom + room,
      bottom: (this.view.clientHeight - this.y) / this.zoom + room,
    };
  }

  pointOf({ clientX, clientY }) {
    const box = this.view.getBoundingClientRect();
    return {
      x: (clientX - box.left - this.x) / this.zoom,
      y: (clientY - box.top - this.y) / this.zoom,
    };
  }

  refresh() {
    this.#seen = null;
    this.#changed();
  }

  #zoomOf({ width, height }) {
    const { clientWidth, clientHeight } = this.view;
    return Math.min((clientWidth - ROOM) / width, (clientHeight - ROOM) / height);
  }

  #changed() {
    if (this.#frame) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      const { picture, x, y, zoom } = this;
      picture.style.transform = `translate(${x}px, ${y}px) scale(${zoom})`;
      picture.classList.toggle("small", zoom < WORDS_FROM);
      this.#rest();
      if (this.#hasLeft()) this.#look();
    });
  }

  // While it moves it is a picture, and a picture is blurred when it grows: at rest it is painted anew.
  #rest() {
    this.picture.classList.add("moving");
    clearTimeout(this.#resting);
    this.#resting = setTimeout(() => {
      this.picture.classList.remove("moving");
      if (this.#seen?.zoom !== this.zoom) this.#look();
    }, REST_MS);
  }

  #look() {
    this.#seen = { ...this.sight(MARGIN), zoom: this.zoom };
    this.onMove(this.#seen);
  }

  // While it moves, what was painted stays: only what comes into sight is asked for.
  #hasLeft() {
    const [now, seen] = [this.sight(0), this.#seen];
    return (
      !seen ||
      now.left < seen.left ||
      now.top < seen.top ||
      now.right > seen.right ||
      now.bottom > seen.bottom
    );
  }

  #middle() {
    return { x: this.view.clientWidth / 2, y: this.view.clientHeight / 2 };
  }

  #onWheel(event) {
    if (!event.ctrlKey && !event.metaKey && !this.#isOurs()) return;
    event.preventDefault();
    if (!event.shiftKey) {
      const box = this.view.getBoundingClientRect();
      const point = { x: event.clientX - box.left, y: event.clientY - box.top };
      this.zoomBy(Math.exp(-clamp(event.deltaY, -120, 120) / 400), point);
    } else {
      this.panBy(-event.deltaX || -event.deltaY, 0);
    }
  }

  // The wheel is the page's where there is more of the page, until somebody works in the graph.
  #isOurs() {
    const { scrollHeight, clientHeight } = document.scrollingElement;
    return scrollHeight <= clientHeight || this.view.contains(document.activeElement);
  }

  #onDown(event) {
    if (event.button !== 0 || event.target.closest("[data-port]")) return;
    const start = { x: event.clientX, y: event.clientY, atX: this.x, atY: this.y };
    const move = (moved) => {
      const [dx, dy] = [moved.clientX - start.x, moved.clientY - start.y];
      if (!this.isDragging && Math.hypot(dx, dy) < 4) return;
      if (!this.isDragging) this.view.setPointerCapture(event.pointerId);
      this.isDragging = true;
      [this.x, this.y] = [start.atX + dx, start.atY + dy];
      this.#changed();
    };
    const up = () => {
      this.view.removeEventListener("pointermove", move);
      // The click that ends a drag chooses nothing.
      setTimeout(() => (this.isDragging = false));
    };
    this.view.addEventListener("pointermove", move);
    addEventListener("pointerup", up, { once: true });
    addEventListener("pointercancel", up, { once: true });
  }
}

const clamp = (value, least, most) => Math.min(Math.max(value, least), most);

function into(from, to, size, room = ROOM) {
  if (from < room) return room - from;
  if (to > size - room) return size - room - to;
  return 0;
}
