/** Whether a spot is wanted: what spotkeeper/notifier/match.py asks of it, with the same `Wanted`. */
export function matches(wanted, spot) {
  return (
    (wanted.source === null || wanted.source === spot.source) &&
    among(spot.band, wanted.bands) &&
    among(spot.mode, wanted.modes) &&
    (wanted.mode_source === null || wanted.mode_source === spot.mode_source) &&
    between(Math.round(spot.frequency_khz * 1000), wanted.min_hz, wanted.max_hz) &&
    between(spot.distance_km, wanted.min_km, wanted.max_km) &&
    (!wanted.text || folded(spot.comment).includes(folded(wanted.text))) &&
    isAt(wanted.dx, "dx", spot) &&
    isAt(wanted.spotter, "spotter", spot)
  );
}

function isAt(wanted, end, spot) {
  return (
    among(spot[end], wanted.calls) &&
    begins(spot[end], wanted.prefixes) &&
    begins(spot[`${end}_grid`], wanted.grids) &&
    among(spot[`${end}_dxcc`], wanted.dxcc) &&
    among(spot[`${end}_continent`], wanted.continents) &&
    among(spot[`${end}_cq_zone`], wanted.cq_zones) &&
    among(spot[`${end}_itu_zone`], wanted.itu_zones)
  );
}

/** Letter by letter, as spotkeeper/spots/folding.py does it. */
const folded = (text) => [...text].map((letter) => [...letter.toLowerCase()][0]).join("");
const among = (value, wanted) => !wanted.length || wanted.includes(value);
const begins = (text, prefixes) => !prefixes.length || prefixes.some((prefix) => text?.startsWith(prefix));

function between(value, low, high) {
  if (low === null && high === null) return true;
  return value !== null && (low === null || value >= low) && (high === null || value <= high);
}
