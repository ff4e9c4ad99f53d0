/** HH:MM of a moment in a time zone. */
export function clockTime(moment, zone) {
  return new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit" }).format(moment);
}

const UNITS = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of a time such as 15m, 1h or 7d. */
export function milliseconds(span) {
  return parseInt(span) * UNITS[span.at(-1)];
}

/** As 26 Nov, in UTC. */
export function dayOf(moment) {
  const [, day, month] = moment.toUTCString().split(" ");
  return `${Number(day)} ${month}`;
}

/** How long ago, in the largest unit that fits; the server writes it the same way. */
export function age(then, now) {
  const minutes = Math.floor((now - then) / 60_000);
  if (minutes < 1) return "just now";
  if (minutes < 120) return `${minutes} min ago`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ago`;
  return `${Math.floor(minutes / 1440)} days ago`;
}

/** Keeps the two clocks of the header going. */
export function startClock(clock) {
  const [utc, local] = clock.querySelectorAll("time");
  const show = () => {
    const now = new Date();
    utc.textContent = clockTime(now, "UTC");
    if (local) local.textContent = clockTime(now, clock.dataset.zone);
    setTimeout(show, 60_000 - (now % 60_000));
  };
  show();
}
