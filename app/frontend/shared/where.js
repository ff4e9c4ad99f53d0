const A = 65;

/** The Maidenhead locator of a place in degrees, with six characters: JN03ab. */
export function gridOf(latitude, longitude) {
  const east = Math.min(longitude + 180, 359.9999);
  const north = Math.min(latitude + 90, 179.9999);
  const letter = (number, from = A) => String.fromCharCode(from + number);
  return (
    letter(Math.floor(east / 20)) +
    letter(Math.floor(north / 10)) +
    Math.floor((east % 20) / 2) +
    Math.floor(north % 10) +
    letter(Math.floor((east % 2) * 12), A + 32) +
    letter(Math.floor((north % 1) * 24), A + 32)
  );
}

/** The grid where this device is; rejects with a sentence for the user. */
export function whereIAm() {
  return new Promise((resolve, reject) =>
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => resolve(gridOf(coords.latitude, coords.longitude)),
      ({ code }) => reject(code === 1 ? "This browser may not tell where you are." : "Where you are is not known."),
      { maximumAge: 300_000, timeout: 20_000 },
    ),
  );
}
