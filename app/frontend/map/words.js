const KILOMETRES_A_MILE = 1.609344;

/** In kilometres, or in miles for `imperial`, as the server writes it; a dash within one place. */
export function distance(km, units) {
  if (km < 1) return "–";
  const [number, unit] = units === "imperial" ? [km / KILOMETRES_A_MILE, "mi"] : [km, "km"];
  return `${Math.round(number).toLocaleString("en")}\u00a0${unit}`;
}

/** In kHz with one decimal, and more only when it has more, as the server writes it. */
export function khz(frequency) {
  const text = frequency.toFixed(3);
  return text.endsWith("00") ? text.slice(0, -2) : text.replace(/0$/, "");
}

export const metres = (band) => band?.replace(/^([\d.]+)/, "$1\u00a0") ?? "–";

export const degrees = (bearing) => (bearing === null ? "–" : `${String(Math.round(bearing) % 360).padStart(3, "0")}°`);
