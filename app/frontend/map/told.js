import { age, clockTime } from "../shared/times.js";
import { way } from "./sphere.js";
import { degrees, distance, khz, metres } from "./words.js";

/** What there is to say of a line: texts by the names of the fields that stand for them. */
export function wordsOf({ line, time, spot }, { countries, home, units, zone, now }) {
  const moment = new Date(time);
  const local = zone === "UTC" ? "" : ` (${clockTime(moment, zone)} local)`;
  const others = spot.spots > 1 ? `, ${spot.spots.toLocaleString("en")} spots within the hour` : "";
  const fromHome = home && way(home, line.dx);
  return {
    khz: khz(spot.khz),
    band: metres(spot.band),
    mode: spot.mode ?? "–",
    dx: spot.dx.call,
    country: countries[spot.dx.dxcc]?.[2] ?? "",
    spotter: spot.spotter.call,
    utc: clockTime(moment, "UTC"),
    time: `${clockTime(moment, "UTC")} UTC${local}, ${age(moment, now)}${others}`,
    signal: spot.snr === null ? "" : `${spot.snr}\u00a0dB`,
    distance: distance(line.km, units),
    bearing: degrees(line.bearing),
    home: fromHome ? `${degrees(fromHome.bearing)}, ${distance(fromHome.km, units)}` : "",
    place: line.byGrid ? "by grid" : "about: by country",
  };
}

/** The card of the line that is pointed at or picked. */
export class Told {
  /** `closed` is called when somebody closes it. */
  constructor(element, callPage, closed) {
    Object.assign(this, { element, callPage });
    element.querySelector("[data-part=close]").addEventListener("click", closed);
  }

  show(shown, context) {
    this.element.hidden = !shown;
    if (!shown) return;
    const words = wordsOf(shown, context);
    fill(this.element, words, this.callPage);
    this.element.querySelector("[data-field=band]").dataset.band = shown.line.band ?? "";
  }
}

/** Writes the words to the fields of an element; those without words are hidden with what belongs to them. */
export function fill(element, words, callPage) {
  for (const field of element.querySelectorAll("[data-field]")) {
    const text = words[field.dataset.field];
    if (text === undefined) continue;
    field.textContent = text;
    (field.closest("[data-line]") ?? field).hidden = text === "";
    if (field.matches("a")) field.href = callPage.replace("CALL", encodeURIComponent(text));
  }
}
