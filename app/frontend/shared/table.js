import { clockTime } from "./times.js";

const AT_TOP = 80; // pixels: further down somebody reads
const POINTING = 2_000; // a row that is being pointed at stays where it is for so long

/** The table of spots: takes new ones at the top, or keeps them waiting while somebody reads further down. */
export class SpotTable {
  constructor(table, filters, zone) {
    this.table = table;
    this.body = table.tBodies[0];
    this.template = document.getElementById("row").content;
    this.none = document.getElementById("none");
    this.button = document.getElementById("waiting");
    this.filters = filters;
    this.zone = zone;
    this.limit = Number(table.dataset.limit);
    this.shown = new Set([...this.body.rows].map((row) => row.dataset.id));
    this.waiting = [];
    this.pointed = 0;

    this.body.addEventListener("pointermove", () => (this.pointed = Date.now()));
    this.button.addEventListener("click", () => {
      scrollTo({ top: 0, behavior: "instant" });
      this.showWaiting();
      document.getElementById("main").focus({ preventScroll: true });
    });
    addEventListener("scroll", () => this.isReading() || this.showWaiting(), { passive: true });
    setInterval(() => this.isReading() || this.showWaiting(), 1_000);
  }

  add(spot) {
    // The stream begins before the page: with some that it has.
    if (this.shown.has(spot.id) || !this.fits(spot)) return;
    this.shown.add(spot.id);
    this.waiting.push(spot);
    if (this.waiting.length > this.limit) this.shown.delete(this.waiting.shift().id);
    if (this.isReading()) this.announce();
    else this.showWaiting();
  }

  fits(spot) {
    const { band, mode, source } = this.filters;
    return (
      (!band || band.includes(spot.band)) &&
      (!mode || mode.includes(spot.mode)) &&
      (!source || source.includes(spot.source))
    );
  }

  isReading() {
    const below = this.table.getBoundingClientRect().top < -AT_TOP;
    return below || Date.now() - this.pointed < POINTING || hasSelectionIn(this.body);
  }

  announce() {
    const number = this.waiting.length;
    this.button.textContent = `${number} new spot${number === 1 ? "" : "s"}`;
    this.button.hidden = number === 0;
  }

  showWaiting() {
    if (!this.waiting.length) return;
    for (const spot of this.waiting) this.insert(spot);
    this.waiting = [];
    this.announce();
    while (this.body.rows.length > this.limit) this.removeOldest();
    this.none.hidden = true;
  }

  removeOldest() {
    const row = this.body.lastElementChild;
    this.shown.delete(row.dataset.id);
    row.remove();
  }

  /** By its time: a spot that was missed and came later belongs further down. */
  insert(spot) {
    const row = this.fill(spot);
    const older = [...this.body.rows].find((each) => new Date(each.dataset.time) <= new Date(spot.time));
    this.body.insertBefore(row, older ?? null);
  }

  fill(spot) {
    const row = this.template.firstElementChild.cloneNode(true);
    const time = new Date(spot.time);
    row.dataset.id = spot.id;
    row.dataset.time = spot.time;
    row.classList.add("new");
    const texts = {
      time: clockTime(time, "UTC"),
      local: clockTime(time, this.zone),
      khz: khz(spot.frequency_khz),
      band: spot.band ? spot.band.replace(/^([\d.]+)/, "$1\u00a0") : "–",
      mode: spot.mode ?? "–",
      dx: spot.dx,
      spotter: spot.spotter,
      signal: signal(spot),
      comment: spot.comment,
    };
    for (const [name, text] of Object.entries(texts)) {
      const field = row.querySelector(`[data-field=${name}]`);
      if (field) field.textContent = text;
    }
    row.querySelector("[data-field=band]").dataset.band = spot.band ?? "";
    row.querySelector("[data-field=source]").hidden = spot.source === "human";
    if (spot.mode_source === "guessed") {
      const mode = row.querySelector("[data-field=mode]");
      mode.classList.add("guessed");
      mode.title = "guessed from the frequency";
    }
    return row;
  }
}

/** One decimal, and more only when it has more, as the server writes it. */
function khz(frequency) {
  const text = frequency.toFixed(3);
  return text.endsWith("00") ? text.slice(0, -2) : text.replace(/0$/, "");
}

function signal({ snr_db, wpm }) {
  const parts = [];
  if (snr_db !== null) parts.push(`${snr_db}\u00a0dB`);
  if (wpm !== null) parts.push(`${wpm}\u00a0wpm`);
  return parts.join(", ");
}

function hasSelectionIn(element) {
  const selection = getSelection();
  return !selection.isCollapsed && element.contains(selection.anchorNode);
}
