const RADIANS = Math.PI / 180;
export const EARTH_RADIUS_KM = 6371; // as spotkeeper/spots/places.py
const STEP = 5 * RADIANS; // of a great circle that is drawn
const LOCATOR = /^[A-R]{2}[0-9]{2}([A-X]{2})?/;

/** The unit vector of a place in degrees: to longitude 0 on the equator, to 90° east, to the north pole. */
export function vector([longitude, latitude]) {
  const [east, north] = [longitude * RADIANS, latitude * RADIANS];
  return [Math.cos(north) * Math.cos(east), Math.cos(north) * Math.sin(east), Math.sin(north)];
}

/** Longitude and latitude in degrees of the middle of a Maidenhead locator's square or subsquare; null of no locator. */
export function middleOf(locator) {
  const [text] = LOCATOR.exec(locator?.toUpperCase() ?? "") ?? [];
  if (!text) return null;
  const [field, letters] = ["A".charCodeAt(0), [...text].map((each) => each.charCodeAt(0))];
  const pair = [letters[0] - field, letters[1] - field];
  const square = [Number(text[2]), Number(text[3])];
  const small = text.length > 4 ? [(letters[4] - field + 0.5) / 24, (letters[5] - field + 0.5) / 24] : [0.5, 0.5];
  return [
    (pair[0] * 10 + square[0] + small[0]) * 2 - 180,
    pair[1] * 10 + square[1] + small[1] - 90,
  ];
}

/** Kilometres along the great circle, and the bearing at its start in degrees, 0 to 360; places in degrees. */
export function way(start, end) {
  const east = (end[0] - start[0]) * RADIANS;
  const [from, to] = [start[1] * RADIANS, end[1] * RADIANS];
  const across = Math.cos(to) * Math.sin(east);
  const ahead = Math.cos(from) * Math.sin(to) - Math.sin(from) * Math.cos(to) * Math.cos(east);
  const along = Math.sin(from) * Math.sin(to) + Math.cos(from) * Math.cos(to) * Math.cos(east);
  const aside = Math.hypot(across, ahead);
  return {
    km: EARTH_RADIUS_KM * Math.atan2(aside, along),
    bearing: aside < 1e-9 ? null : (Math.atan2(across, ahead) / RADIANS + 360) % 360,
  };
}

/** Unit vectors along the great circle between two others, one after the other: x, y, z, x, y, z … */
export function arc(start, end) {
  const dot = start[0] * end[0] + start[1] * end[1] + start[2] * end[2];
  const angle = Math.acos(Math.min(1, Math.max(-1, dot)));
  const sine = Math.sin(angle);
  // Between the same place, or opposite ones, no way is the shortest.
  const parts = sine < 1e-6 ? 1 : Math.max(1, Math.ceil(angle / STEP));
  const points = new Float64Array(3 * (parts + 1));
  for (let part = 0; part <= parts; part++) {
    const [a, b] =
      parts === 1
        ? [1 - part, part]
        : [Math.sin((angle * (parts - part)) / parts) / sine, Math.sin((angle * part) / parts) / sine];
    for (let axis = 0; axis < 3; axis++) points[3 * part + axis] = a * start[axis] + b * end[axis];
  }
  return points;
}
