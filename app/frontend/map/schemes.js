const MINUTE = 60_000;

/** The classes of a scheme have a name, a label, and an attribute that map.css knows their colour by. */
const named = (attribute, classes) => classes.map(([name, label]) => ({ name, label, attribute }));

const AGES = [5, 15, 60];
const SIGNALS = [30, 20, 10];

const SCHEMES = {
  age: {
    classes: named("age", [["0", "up to 5 min"], ["1", "15 min"], ["2", "1 h"], ["3", "older"]]),
    of: ({ time }, now) => {
      const found = AGES.findIndex((limit) => now - time <= limit * MINUTE);
      return String(found < 0 ? AGES.length : found);
    },
  },
  snr: {
    classes: named("snr", [["0", "30 dB and more"], ["1", "20 dB"], ["2", "10 dB"], ["3", "less"], ["none", "not told"]]),
    of: ({ spot: { snr } }) => {
      if (snr === null) return "none";
      const found = SIGNALS.findIndex((limit) => snr >= limit);
      return String(found < 0 ? SIGNALS.length : found);
    },
  },
};

/** By which lines are coloured: `classes`, and `of(shown, now)`, the name of the one that fits. */
export function scheme(name, bands) {
  if (name !== "band") return SCHEMES[name];
  const classes = [...bands.map((band) => [band, band.replace(/^([\d.]+)/, "$1\u00a0")]), ["", "no band"]];
  return { classes: named("band", classes), of: ({ line }) => line.band ?? "" };
}
