// <trace-log address raw source attempts>: the log of a task, followed while it grows.

import { announce } from "../announce.js";
import { button, element, icon } from "../nodes.js";
import { Lines } from "./lines.js";
import { Reading } from "./reading.js";
import { Rows } from "./rows.js";

const LEVELS = [
  ["", "Every level"],
  ["i", "From info"],
  ["w", "From warning"],
  ["e", "Errors"],
];
const UP = new Set(["ArrowUp", "PageUp", "Home"]);
const numbers = new Intl.NumberFormat("en");
const twoDigits = (value, length = 2) => String(value).padStart(length, "0");

class TaskLog extends HTMLElement {
  #lines = new Lines();
  #rows;
  #reading;
  #attempt = 0;
  #follows = true;
  #asked = 0;
  #byHand = false;
  #rest = "";
  #none = "No line yet";
  #parts = {};

  connectedCallback() {
    this.#build();
    this.#rows = new Rows(this.#parts.view, (row) => this.#row(row));
    this.#start();
  }

  disconnectedCallback() {
    this.#reading?.stop();
  }

  #build() {
    const view = element("div", {
      class: "log-view",
      role: "region",
      "aria-label": "Lines of the log",
      tabindex: "0",
    });
    const search = element("input", {
      class: "input",
      type: "search",
      placeholder: "Find in the log",
      "aria-label": "Find in the log",
    });
    const level = select("Level", LEVELS);
    const attempt = select("Attempt", [["", "Latest attempt"]]);
    const error = button("First error", { kind: "ghost", disabled: true });
    const follow = button("Follow", { kind: "ghost", "aria-pressed": "true" });
    const count = element("span", { class: "quiet small log-count" }, "Loading …");
    const raw = element("a", { class: "button button-ghost", href: this.getAttribute("raw") });
    raw.append(icon("download"), "Raw");
    this.#parts = { view, search, level, attempt, error, follow, count, raw };
    this.replaceChildren(
      element("div", { class: "log-bar" }, search, level, attempt, error, follow, raw, count),
      view,
    );
    this.#listen();
    this.#offer(Number(this.getAttribute("attempts")));
  }

  #listen() {
    const { view, search, level, attempt, error, follow } = this.#parts;
    search.addEventListener("input", () => this.#filter());
    level.addEventListener("change", () => this.#filter());
    attempt.addEventListener("change", () => this.#start());
    error.addEventListener("click", () => this.#toFirstError());
    follow.addEventListener("click", () => this.#setFollow(!this.#follows));
    // Whoever scrolls up reads; whoever comes back to the end follows again.
    const leaves = (up) => {
      this.#byHand = true;
      if (up && this.#rows.overflow) this.#setFollow(false);
    };
    view.addEventListener("wheel", ({ deltaY }) => leaves(deltaY < 0), { passive: true });
    view.addEventListener("keydown", ({ key }) => leaves(UP.has(key)));
    for (const kind of ["pointerdown", "touchmove"])
      view.addEventListener(kind, () => leaves(false), { passive: true });
    // A filter that leaves fewer lines moves the view to their end, but nobody did.
    view.addEventListener("scrollend", () => {
      if (this.#byHand && this.#rows.overflow) this.#setFollow(this.#rows.isAtEnd);
      this.#byHand = false;
    });
  }

  #start() {
    this.#reading?.stop();
    this.#forget(0);
    const chosen = this.#parts.attempt.value;
    const raw = this.getAttribute("raw");
    this.#parts.raw.href = chosen ? `${raw}?attempt=${chosen}` : raw;
    this.#reading = new Reading(
      this.getAttribute("address"),
      this.getAttribute("source"),
      () => ({ from: this.#lines.end, ...(chosen ? { attempt: chosen } : {}) }),
      (page) => this.#take(page),
    );
  }

  #forget(attempt) {
    this.#attempt = attempt;
    this.#lines = new Lines();
    this.#filter();
  }

  // Says whether there is more to read now.
  #take(page) {
    this.toggleAttribute("data-stale", !page);
    if (!page) return this.#say("Cut off from the server; trying again …");
    if (page.attempt !== this.#attempt) {
      // Another attempt has begun, and its lines are others.
      const hadLines = this.#lines.length > 0;
      this.#forget(page.attempt);
      this.#offer(page.attempt);
      if (hadLines) return true;
    }
    this.#lines.add(page);
    this.#refresh(page);
    return this.#lines.end < page.total && page.texts.length > 0;
  }

  #refresh(page) {
    this.#parts.error.disabled = this.#lines.firstError < 0;
    this.#rows.show(this.#lines.count);
    if (this.#follows && page.texts.length) this.#rows.toEnd();
    // Of a source the oldest lines go; some of them may be here still.
    const older = missing(this.#lines.first, "older are no longer kept");
    const newer = missing(page.dropped - page.first, "more were not kept");
    const state = page.over || page.attempt === 0 ? "" : ", more to come";
    this.#rest = `${older}${newer}${state}`;
    this.#none = none(page);
    this.toggleAttribute("data-empty", page.over && !this.#lines.length);
    this.#tell();
  }

  #tell() {
    const { length, count, isFiltered } = this.#lines;
    const of = isFiltered ? `${numbers.format(count)} of ` : "";
    this.#say(length ? `${of}${numbers.format(length)} lines${this.#rest}` : this.#none);
  }

  #say(words) {
    this.#parts.count.textContent = words;
    return false;
  }

  #filter() {
    // Typed quickly, it is looked for once.
    cancelAnimationFrame(this.#asked);
    this.#asked = requestAnimationFrame(() => {
      const { search, level } = this.#parts;
      this.#lines.filter(search.value, level.value);
      this.#rows.show(this.#lines.count);
      this.#tell();
      if (this.#follows) this.#rows.toEnd();
    });
  }

  #toFirstError() {
    const { search, level } = this.#parts;
    search.value = "";
    level.value = "";
    this.#setFollow(false);
    this.#lines.filter("", "");
    this.#rows.show(this.#lines.count);
    this.#rows.to(this.#lines.firstError);
    const { first, firstError, texts } = this.#lines;
    announce(`Line ${first + firstError + 1}: ${texts[firstError]}`);
  }

  #setFollow(follows) {
    this.#follows = follows;
    this.#parts.follow.setAttribute("aria-pressed", String(follows));
    if (follows) this.#rows.toEnd();
  }

  #offer(attempts) {
    const { attempt } = this.#parts;
    for (let number = attempt.options.length; number <= attempts; number++)
      attempt.append(element("option", { value: number }, `Attempt ${number}`));
  }

  #row(row) {
    const place = this.#lines.place(row);
    const number = this.#lines.first + place;
    const level = this.#lines.level(place);
    return element(
      "div",
      { class: `log-line log-${level}`, "data-line": number },
      element("span", { class: "log-number" }, String(number + 1)),
      element("span", { class: "log-at" }, clock(this.#lines.at[place])),
      element("span", { class: "log-level" }, level),
      element("span", { class: "log-text" }, this.#lines.texts[place]),
    );
  }
}

function missing(count, words) {
  return count > 0 ? `, ${numbers.format(count)} ${words}` : "";
}

function none(page) {
  if (page.over && !page.total)
    return page.attempt ? "This attempt wrote no line" : "No attempt was made";
  return "No line yet";
}

function select(label, options) {
  return element(
    "select",
    { class: "input", "aria-label": label },
    ...options.map(([value, words]) => element("option", { value }, words)),
  );
}

// In UTC, as everything else here.
function clock(ms) {
  const at = new Date(ms);
  const time = [at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()].map((one) =>
    twoDigits(one),
  );
  return `${time.join(":")}.${twoDigits(at.getUTCMilliseconds(), 3)}`;
}

customElements.define("trace-log", TaskLog);
