import { HOUR } from "./lines.js";

const MINUTE = 60_000;
const AT_ONCE = 2;
const RETRY = 5_000; // milliseconds, before which what failed is not asked for again
/** The server may have kept for so many seconds what it tells of an hour that runs: what came since is heard live. */
export const OLDEST = 11;

/** Brings the hours of paths that are asked for, each once, the one that was asked for last first. */
export class Hours {
  /** `take` gets what the server tells of an hour, and whether the filters have changed since; a promise. */
  constructor(address, take) {
    Object.assign(this, { address, take });
  }

  /** Other filters: nothing is loaded. */
  use(query) {
    this.query = query;
    this.asked = new Map(); // by hour
    this.told = new Map();
    this.waiting = [];
    this.busy = 0;
  }

  /** A promise that is kept when all hours between the times are there. */
  async load(from, to) {
    const wanted = [];
    for (let hour = to - (to % HOUR); hour > from - HOUR; hour -= HOUR) wanted.push(hour);
    const { query } = this;
    await Promise.all(wanted.map((hour) => this.one(hour)));
    return query === this.query;
  }

  one(hour) {
    let promise = this.asked.get(hour);
    if (!promise) {
      promise = new Promise((resolve, reject) => this.waiting.push({ hour, resolve, reject }));
      this.asked.set(hour, promise);
      this.next();
    }
    return promise;
  }

  /** Whether the hour of that time is there. */
  has(time) {
    return this.told.has(time - (time % HOUR));
  }

  next() {
    while (this.busy < AT_ONCE && this.waiting.length) {
      const { hour, resolve, reject } = this.waiting.shift();
      const { query, asked } = this;
      this.busy++;
      this.bring(hour, query)
        .then(resolve, (error) => {
          setTimeout(() => asked.delete(hour), RETRY);
          reject(error);
        })
        .finally(() => {
          if (query !== this.query) return;
          this.busy--;
          this.next();
        });
    }
  }

  async bring(hour, query) {
    const parameters = new URLSearchParams(query);
    parameters.set("hour", new Date(hour).toISOString().slice(0, 13));
    const isOff = () => query !== this.query;
    const answer = await fetch(`${this.address}?${parameters}`);
    if (!answer.ok) throw new Error(`/map/paths: ${answer.status}`);
    const columns = await answer.json();
    if (isOff()) return;
    await this.take(columns, isOff);
    this.told.set(hour, { leftOut: columns.left_out, unplaced: columns.unplaced });
  }

  /** How many paths are not to be had: rare ones of the hours between the times, and those of unknown places. */
  missing(from, to) {
    let [leftOut, unplaced] = [0, 0];
    for (const [hour, told] of this.told) {
      if (hour + HOUR <= from || hour > to) continue;
      leftOut += told.leftOut;
      const isBetween = (minute) => hour + minute * MINUTE > from && hour + minute * MINUTE <= to;
      unplaced += told.unplaced.filter((minutes) => minutes.some(isBetween)).length;
    }
    return { leftOut, unplaced };
  }
}
