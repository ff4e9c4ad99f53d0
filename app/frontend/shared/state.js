import { age, clockTime } from "./times.js";

const QUIET = 5 * 60_000;
const STAMP = 60_000; // stamps of spots are whole minutes
const AHEAD = 5 * 60_000; // what is dated further ahead hides no silence
const AWAY = 30_000;
const REPLAY = 3_000; // what comes so soon after the line is open was kept by the server

/**
 * Says whether the page follows the spots: live, quiet or reconnecting.
 *
 * The element has data-newest, the newest spot's time; the server's clock is that of the page, for those of devices are
 * wrong. `changed` is called with each look at the state.
 */
export class LiveState {
  constructor(element, changed = () => {}) {
    this.element = element;
    this.text = element.querySelector("[data-field=text]");
    this.newest = element.dataset.newest ? new Date(element.dataset.newest) : null;
    this.ahead = Date.now() - 1000 * document.documentElement.dataset.made;
    this.changed = changed;
    this.isOpen = false;
    this.since = this.now();
    this.arrived = 0;
    setInterval(() => this.show(), 15_000);
  }

  /** Milliseconds, by the server's clock. */
  now() {
    return Date.now() - this.ahead;
  }

  heard(spot) {
    const time = new Date(spot.time);
    if (time - this.now() < AHEAD && (!this.newest || time > this.newest)) this.newest = time;
    const isReplayed = this.now() - this.since < REPLAY;
    this.arrived = isReplayed ? Math.max(this.arrived, Date.parse(spot.received)) : this.now();
    this.show();
  }

  connected() {
    this.isOpen = true;
    this.since = this.now();
    this.show();
  }

  lost() {
    if (this.isOpen) this.since = this.now();
    this.isOpen = false;
    this.show();
  }

  /** Why what the page shows must not be taken for fresh, in words; null while spots come. */
  silence() {
    const now = this.now();
    if (!this.isOpen && now - this.since > AWAY) return `No line to the server since ${clockTime(this.since, "UTC")} UTC.`;
    if (this.isQuiet(now)) {
      if (!this.newest) return "No spot has come yet.";
      return `No spot since ${clockTime(this.newest, "UTC")} UTC, ${age(this.newest, now)}.`;
    }
    return null;
  }

  show() {
    const [state, text] = this.describe();
    this.element.dataset.state = state;
    // A screen reader speaks what changes: the same words are not set again.
    if (this.text.textContent !== text) this.text.textContent = text;
    this.changed(this);
  }

  describe() {
    const now = this.now();
    const since = this.newest ? `last spot ${clockTime(this.newest, "UTC")} UTC` : "no spot yet";
    if (!this.isOpen) return ["lost", `Reconnecting, ${since}`];
    if (!this.isQuiet(now)) return ["live", "Live"];
    if (!this.newest) return ["quiet", "Live, no spot yet"];
    return ["quiet", `No spot since ${clockTime(this.newest, "UTC")} UTC, ${age(this.newest, now)}`];
  }

  isQuiet(now) {
    return now - this.arrived >= QUIET && !(this.newest && now - this.newest < QUIET + STAMP);
  }
}
