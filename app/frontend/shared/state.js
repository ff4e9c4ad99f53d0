import { age, clockTime } from "./times.js";

const QUIET = 5 * 60_000;

/** Says whether the page follows the spots: live, quiet or reconnecting. */
export class LiveState {
  constructor(element) {
    this.element = element;
    this.text = element.querySelector("[data-field=text]");
    this.newest = element.dataset.newest ? new Date(element.dataset.newest) : null;
    this.isOpen = false;
    this.arrived = 0;
    setInterval(() => this.show(), 15_000);
  }

  heard(spot) {
    const time = new Date(spot.time);
    if (!this.newest || time > this.newest) this.newest = time;
    this.arrived = Date.now();
    this.show();
  }

  connected() {
    this.isOpen = true;
    this.show();
  }

  lost() {
    this.isOpen = false;
    this.show();
  }

  show() {
    const [state, text] = this.describe();
    this.element.dataset.state = state;
    // A screen reader speaks what changes: the same words are not set again.
    if (this.text.textContent !== text) this.text.textContent = text;
  }

  describe() {
    const now = Date.now();
    const since = this.newest ? `last spot ${clockTime(this.newest, "UTC")} UTC` : "no spot yet";
    if (!this.isOpen) return ["lost", `Reconnecting, ${since}`];
    if (now - this.arrived < QUIET || (this.newest && now - this.newest < QUIET)) return ["live", "Live"];
    if (!this.newest) return ["quiet", "Live, no spot yet"];
    return ["quiet", `No spot since ${clockTime(this.newest, "UTC")} UTC, ${age(this.newest, now)}`];
  }
}
