import { each } from "./pause.js";
import { project } from "./projections.js";
import { arc, middleOf, vector, way } from "./sphere.js";

export const HOUR = 3_600_000;
const SLOT = 600_000;
const SLOTS = 6;

/** What was heard of a line in an hour; `times` are when, the newest first, of others than that to ten minutes. */
class Heard {
  constructor(hour, times, spot) {
    Object.assign(this, { hour, times, spot });
  }

  /** The newest time after `from` and not after `to`; null when there is none. */
  between(from, to) {
    for (const time of this.times) if (time <= to) return time > from ? time : null;
    return null;
  }
}

/** A great circle between two places on a band, and what was heard along it. */
class Line {
  heard = []; // by hour, the newest last

  constructor(dx, spotter, band, projection) {
    const { km, bearing } = way(spotter.place, dx.place);
    Object.assign(this, { dx: dx.place, spotter: spotter.place, band, km, bearing });
    this.byGrid = dx.byGrid && spotter.byGrid;
    this.arc = arc(vector(spotter.place), vector(dx.place));
    this.shown = { line: this, xy: null, time: 0, spot: null, name: "" };
    this.projectBy(projection);
  }

  projectBy(projection) {
    this.shown.xy = project(this.arc, projection);
  }

  /** Sets `time` and `spot` of what is shown to what was heard last between these times; false when that is nothing. */
  look(from, to) {
    for (let n = this.heard.length - 1; n >= 0; n--) {
      const time = this.heard[n].between(from, to);
      if (time === null) continue;
      this.shown.time = time;
      this.shown.spot = this.heard[n].spot;
      return true;
    }
    return false;
  }

  /** Takes what was heard in an hour, with its sums; what came live meanwhile stays, unless it is of an earlier minute. */
  put(heard) {
    const known = this.heard.find(({ hour }) => hour === heard.hour);
    if (known?.spot.isLive && known.times[0] >= heard.times[0]) {
      heard.times = [...new Set([...known.times, ...heard.times])].sort((a, b) => b - a);
      heard.spot = added(known.spot, heard.spot, Math.max(known.spot.spots, heard.spot.spots));
    }
    this.heard = this.heard.filter((each) => each !== known);
    const later = this.heard.findIndex(({ hour }) => hour > heard.hour);
    this.heard.splice(later < 0 ? this.heard.length : later, 0, heard);
  }
}

/** All lines of the hours that were loaded, and of the spots that came since. */
export class Lines {
  byKey = new Map();

  /** `countries` tells the middle of an entity by its number. */
  constructor(projection, countries) {
    this.projection = projection;
    this.countries = countries;
  }

  [Symbol.iterator]() {
    return this.byKey.values();
  }

  /** Takes an hour as /map/paths tells it, in turns with what else there is to do; false when `isOff` told to stop. */
  async take({ hour, bands, modes, stations, paths }, isOff) {
    const start = 1000 * hour;
    const places = stations.call.map((call, n) => ({
      call,
      place: [stations.longitude[n], stations.latitude[n]],
      byGrid: Boolean(stations.by_grid[n]),
      dxcc: stations.dxcc[n],
    }));
    return each(paths.dx.keys(), (n) => {
      const spot = {
        dx: places[paths.dx[n]],
        spotter: places[paths.spotter[n]],
        khz: paths.khz[n],
        band: bands[paths.band[n]] ?? null,
        mode: modes[paths.mode[n]] ?? null,
        snr: paths.snr_db[n],
        spots: paths.spots[n],
        ofPeople: Boolean(paths.of_people[n]),
      };
      const newest = start + 60_000 * paths.minute[n];
      const times = [newest];
      for (let slot = SLOTS - 1; slot >= 0; slot--) {
        const end = start + SLOT * (slot + 1);
        if (paths.slots[n] & (1 << slot) && end <= newest) times.push(end);
      }
      this.line(spot).put(new Heard(start, times, spot));
    }, isOff);
  }

  /** Takes a spot that has just come; null when it is known already, or nobody knows where its stations are. */
  add(message) {
    const dx = this.station(message.dx, message.dx_grid, message.dx_dxcc);
    const spotter = this.station(message.spotter, message.spotter_grid, message.spotter_dxcc);
    if (!dx || !spotter) return null;
    const time = Date.parse(message.time);
    const hour = time - (time % HOUR);
    const spot = {
      dx,
      spotter,
      khz: message.frequency_khz,
      band: message.band,
      mode: message.mode,
      snr: message.snr_db,
      spots: 1,
      ofPeople: message.source === "human",
      isLive: true,
    };
    const line = this.line(spot);
    const heard = line.heard.find((each) => each.hour === hour);
    if (!heard) {
      line.put(new Heard(hour, [time], spot));
    } else {
      const known = heard.spot;
      if (known.dx.call === dx.call && known.spotter.call === spotter.call && heard.times[0] >= time) return null;
      heard.times = [time, ...heard.times.filter((each) => each !== time)].sort((a, b) => b - a);
      const [newer, older] = time >= heard.times[0] ? [spot, known] : [known, spot];
      heard.spot = added(newer, older, known.spots + 1);
    }
    return line;
  }

  station(call, grid, dxcc) {
    const square = middleOf(grid?.slice(0, 4));
    const place = square ?? this.countries[dxcc]?.slice(0, 2);
    return place && { call, place, byGrid: Boolean(square), dxcc };
  }

  line(spot) {
    const key = `${spot.dx.place} ${spot.spotter.place} ${spot.band}`;
    let line = this.byKey.get(key);
    if (!line) {
      line = new Line(spot.dx, spot.spotter, spot.band, this.projection);
      this.byKey.set(key, line);
    }
    return line;
  }

  /** Forgets what is older. */
  forget(before) {
    for (const [key, line] of this.byKey) {
      line.heard = line.heard.filter(({ hour }) => hour >= before);
      if (!line.heard.length) this.byKey.delete(key);
    }
  }

  async projectBy(projection) {
    this.projection = projection;
    const isOff = () => this.projection !== projection;
    await each(this.byKey.values(), (line) => line.projectBy(projection), isOff);
  }
}

/** The newer one of an hour, with how many they are, the strongest of both, and whether people heard one. */
function added(newer, older, spots) {
  const snr = newer.snr === null || older.snr === null ? newer.snr ?? older.snr : Math.max(newer.snr, older.snr);
  return { ...newer, spots, snr, ofPeople: newer.ofPeople || older.ofPeople };
}
