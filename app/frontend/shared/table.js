import { matches } from "./match.js";
import { clockTime, dayOf, milliseconds } from "./times.js";

const AT_TOP = 80; // pixels: further down somebody reads
const POINTING = 2_000; // a row that is being pointed at stays where it is for so long
const IN_ONE_BODY = 100; // the rows of a body are laid out and painted together, or not at all
const MOST_WAITING = 500;
const MOST = 5_000;
const MINUTE = 60_000;

/** The table of spots: takes new ones at the top, or keeps them waiting while somebody reads. */
export class SpotTable {
  /**
   * `section` is what spots_found.html makes; `missed` were heard since that was asked for; `clock` tells the
   * milliseconds by the server's clock.
   */
  constructor(section, missed, clock) {
    this.clock = clock;
    this.table = section.querySelector("table.spots");
    this.template = section.querySelector("#row").content.firstElementChild;
    this.none = section.querySelector("#none");
    this.end = section.querySelector("#end");
    this.button = section.querySelector("#waiting");
    this.wanted = JSON.parse(this.table.dataset.wanted);
    this.window = milliseconds(this.table.dataset.since);
    this.names = new Set();
    this.waiting = [];
    this.number = 0; // of those that wait: not more of them are kept than are ever shown
    this.border = -Infinity; // the time of the oldest row that has come
    this.passed = null; // while older ones are under way: what came since and belongs among them
    this.pointed = 0;
    this.room = 0;
    this.gone = new AbortController();
    this.note(this.table);

    this.listen(this.table, "pointermove", () => (this.pointed = Date.now()));
    this.listen(this.table, "animationend", ({ target }) => target.classList.remove("new"));
    this.listen(this.table, "htmx:beforeRequest", (event) => {
      if (this.isFull()) event.preventDefault();
      else this.passed = [];
    });
    this.listen(this.table, "htmx:afterRequest", ({ detail }) => detail.successful || (this.passed = null));
    this.listen(this.table, "htmx:load", (event) => this.takeOlder(event.target));
    this.listen(this.button, "click", () => {
      scrollTo({ top: 0, behavior: "instant" });
      this.showWaiting();
      document.getElementById("main").focus({ preventScroll: true });
    });
    this.listen(window, "resize", () => this.settle());
    this.listen(window, "scroll", () => this.isReading() || this.showWaiting());
    this.timer = setInterval(() => this.isReading() || this.showWaiting(), 1_000);
    for (const spot of missed) this.add(spot);
  }

  /** Before another takes its place: it takes no more. */
  close() {
    this.gone.abort();
    clearInterval(this.timer);
  }

  add(spot) {
    if (!this.follows || this.gone.signal.aborted) return;
    // The stream begins before the page: with some that it has.
    if (this.names.has(nameOf(spot)) || !matches(this.wanted, spot)) return;
    const time = Date.parse(spot.time);
    if (time < this.begin) return;
    if (this.comesWithOlder(time)) {
      this.passed?.push(spot);
      return;
    }
    this.number++;
    if (this.waiting.length <= MOST_WAITING) {
      this.names.add(nameOf(spot));
      this.waiting.push(spot);
    }
    if (this.isReading()) this.announce();
    else this.showWaiting();
  }

  get follows() {
    return "follows" in this.table.dataset;
  }

  /** Of the time that is shown, in full minutes as the server counts it. */
  get begin() {
    const now = this.clock();
    return now - (now % MINUTE) - this.window;
  }

  /** Whether a row of that time will stand in a portion that is not here yet. */
  comesWithOlder(time) {
    return time < this.border && this.table.lastElementChild.classList.contains("older");
  }

  isReading() {
    const below = this.table.getBoundingClientRect().top < -AT_TOP;
    const isHere = this.table.querySelector("tr:focus, :focus-visible") !== null;
    return below || isHere || Date.now() - this.pointed < POINTING || hasSelectionIn(this.table);
  }

  announce() {
    const { number } = this;
    this.button.textContent = `${number.toLocaleString("en")} new spot${number === 1 ? "" : "s"}`;
    this.button.hidden = number === 0;
  }

  showWaiting() {
    if (!this.waiting.length) return;
    if (this.waiting.length > MOST_WAITING) {
      this.close();
      location.reload();
      return;
    }
    if (this.table.querySelectorAll(".arrived tr").length >= IN_ONE_BODY) this.settle();
    for (const spot of this.waiting) this.insert(spot);
    this.makeRoom();
    this.waiting = [];
    this.number = 0;
    this.announce();
    this.none.hidden = true;
    if (this.isFull()) this.removeOldest();
  }

  /** Moves all down by the height of what came. */
  makeRoom() {
    if (!this.batch) return;
    this.room += this.batch.offsetHeight;
    this.batch = null;
    this.table.style.setProperty("--arrived", `${this.room}px`);
  }

  /** Puts those that came into the flow with the others, where they are seen already. */
  settle() {
    const batches = [...this.table.querySelectorAll(".arrived")];
    if (!batches.length) return;
    const body = batches[0].cloneNode();
    body.classList.remove("arrived");
    body.append(...batches.flatMap((batch) => [...batch.rows]));
    this.table.classList.add("still");
    batches[0].before(body);
    for (const batch of batches) batch.remove();
    this.batch = null;
    this.room = 0;
    this.table.style.setProperty("--arrived", "0px");
    this.table.offsetHeight; // has it laid out before what moves may glide again
    this.table.classList.remove("still");
  }

  /** By its time: a spot that was missed and came later belongs further down. */
  insert(spot) {
    const seconds = Date.parse(spot.time) / 1000;
    const first = this.table.querySelector("tr[data-id]");
    let row = first;
    while (row && row.dataset.time > seconds) row = rowAfter(row);
    if (row === first) this.newest().prepend(this.fill(spot));
    else if (!row) [...this.table.tBodies].at(-1).append(this.fill(spot));
    else if (row.dataset.id) {
      if (row.closest(".arrived")) this.settle();
      row.before(this.fill(spot));
    } else {
      this.names.delete(nameOf(spot)); // it comes with the older ones, if those are not under way
      this.passed?.push(spot);
    }
  }

  /**
   * Those that come together stand above all others, out of the flow: so nothing that was there is laid out anew,
   * and all of it glides.
   */
  newest() {
    if (!this.batch) {
      const [first] = this.table.tBodies;
      const inFlow = this.table.querySelector("tbody:not(.arrived)");
      this.batch = first.cloneNode();
      this.batch.classList.add("arrived");
      this.batch.style.setProperty("--beneath", `${this.room - inFlow.offsetTop}px`);
      first.before(this.batch);
    }
    return this.batch;
  }

  isFull() {
    return this.names.size >= MOST;
  }

  removeOldest() {
    this.table.querySelector("tbody.older")?.remove();
    const body = [...this.table.tBodies].at(-1);
    for (const row of body.rows) this.names.delete(nameOf(row.dataset));
    body.remove();
    this.end.hidden = false;
  }

  /** They were looked for before they came: what was heard meanwhile may not be among them. */
  takeOlder(part) {
    const passed = this.passed ?? [];
    this.passed = null;
    this.note(part);
    for (const spot of passed) this.add(spot);
  }

  /** Of a portion that comes later what was heard live is here already. */
  note(part) {
    for (const row of part.querySelectorAll("tr[data-id]")) {
      this.border = 1000 * row.dataset.time;
      const name = nameOf(row.dataset);
      if (this.names.has(name)) row.remove();
      else this.names.add(name);
    }
    if (this.isFull()) this.end.hidden = false;
    this.none.hidden = this.names.size > 0 || this.table.querySelector("tbody.older") !== null;
  }

  fill(spot) {
    const row = document.importNode(this.template, true);
    const time = new Date(spot.time);
    row.dataset.id = spot.id;
    row.dataset.source = spot.source;
    row.dataset.time = time / 1000;
    row.classList.add("new");
    const texts = {
      time: clockTime(time, "UTC"),
      local: clockTime(time, this.table.dataset.zone),
      khz: khz(spot.frequency_khz),
      band: spot.band ? spot.band.replace(/^([\d.]+)/, "$1\u00a0") : "–",
      mode: spot.mode ?? "–",
      dx: spot.dx,
      country: countryName(spot.dx_dxcc),
      spotter: spot.spotter,
      distance: distance(spot.distance_km, this.table.dataset.units),
      bearing: spot.bearing === null ? "" : `${spot.bearing}°`,
      signal: signal(spot),
      comment: spot.comment,
      node: spot.node,
    };
    for (const [name, text] of Object.entries(texts)) {
      const field = row.querySelector(`[data-field=${name}]`);
      if (field) field.textContent = text;
    }
    if (dayOf(time) !== dayOf(new Date(this.clock()))) {
      const day = document.createElement("small");
      day.textContent = dayOf(time);
      row.querySelector("[data-field=time]").prepend(day, " ");
    }
    for (const [name, blank, value] of [["time", "ID", spot.id], ["dx", "CALL", encodeURI(spot.dx)]]) {
      const link = row.querySelector(`a[data-field=${name}]`);
      link.setAttribute("href", link.getAttribute("href").replace(blank, value));
    }
    const band = row.querySelector("[data-field=band]");
    if (band) band.dataset.band = spot.band ?? "";
    const source = row.querySelector("[data-field=source]");
    if (source) source.hidden = spot.source === "human";
    const mode = row.querySelector("[data-field=mode]");
    if (mode && spot.mode_source === "guessed") {
      mode.classList.add("guessed");
      mode.title = "guessed from the frequency";
    }
    return row;
  }

  listen(target, event, listener) {
    target.addEventListener(event, listener, { signal: this.gone.signal, passive: !event.startsWith("htmx") });
  }
}

/** What tells a spot from all others: a human's and a skimmer's may have the same id. */
const nameOf = ({ id, source }) => `${id} ${source}`;

/** In its body or in a later one. */
function rowAfter(row) {
  if (row.nextElementSibling) return row.nextElementSibling;
  let body = row.parentNode.nextElementSibling;
  while (body && !body.rows.length) body = body.nextElementSibling;
  return body?.rows[0];
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

function distance(kilometres, units) {
  if (kilometres === null) return "";
  const [number, unit] = units === "imperial" ? [kilometres / 1.609344, "mi"] : [kilometres, "km"];
  return `${Math.round(number).toLocaleString("en-US")}\u00a0${unit}`;
}

/** As the filters have it, in their list or among the chosen ones. */
function countryName(dxcc) {
  const field = document.querySelector(`#dx_dxcc option[value="${dxcc}"], #dx_dxcc-${dxcc} + span`);
  return field?.textContent ?? "";
}

function hasSelectionIn(element) {
  const selection = getSelection();
  return !selection.isCollapsed && element.contains(selection.anchorNode);
}
