import { geoCircle } from "d3-geo";

const RADIANS = Math.PI / 180;
const DAY = 86_400_000;
const J2000 = Date.UTC(2000, 0, 1, 12);
const SUNSET = 0.83; // degrees below the horizon: the Sun's radius and the air's refraction
const DARK = 12; // the end of nautical twilight

/**
 * Longitude and latitude in degrees of where the Sun stands overhead, to a hundredth of a degree or two until 2050.
 *
 * Source: "Computing Approximate Solar Coordinates" of the U.S. Naval Observatory, as in The Astronomical Almanac, and
 * its mean sidereal time.
 */
export function subsolar(moment) {
  const days = (moment - J2000) / DAY;
  const anomaly = (357.529 + 0.98560028 * days) * RADIANS;
  const mean = 280.459 + 0.98564736 * days;
  const ecliptic = (mean + 1.915 * Math.sin(anomaly) + 0.02 * Math.sin(2 * anomaly)) * RADIANS;
  const obliquity = (23.439 - 0.00000036 * days) * RADIANS;
  const ascension = Math.atan2(Math.cos(obliquity) * Math.sin(ecliptic), Math.cos(ecliptic)) / RADIANS;
  const latitude = Math.asin(Math.sin(obliquity) * Math.sin(ecliptic)) / RADIANS;
  const sidereal = 280.46062 + 360.98564737 * days;
  return [wrapped(ascension - sidereal), latitude];
}

/** Where it is night, and where it is dark, as GeoJSON. */
export function nightAt(moment) {
  const [longitude, latitude] = subsolar(moment);
  const around = geoCircle().center([wrapped(longitude + 180), -latitude]).precision(3);
  return [around.radius(90 - SUNSET)(), around.radius(90 - DARK)()];
}

function wrapped(degrees) {
  return ((((degrees + 180) % 360) + 360) % 360) - 180;
}
