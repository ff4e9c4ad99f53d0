/** The colours that map.css gives things by their names, as a canvas takes them; `onChange` is called when they change. */
export function coloursOf(host, onChange) {
  const known = new Map();
  const probe = document.createElement("i");
  probe.className = "probe";
  host.append(probe);
  const forget = () => {
    known.clear();
    onChange();
  };
  for (const wish of ["(prefers-color-scheme: dark)", "(prefers-contrast: more)"]) {
    matchMedia(wish).addEventListener("change", () => setTimeout(forget));
  }
  new MutationObserver(forget).observe(document.documentElement, { attributeFilter: ["data-theme", "data-contrast"] });

  return (name) => {
    let colour = known.get(name);
    if (!colour) {
      const [attribute, value] = name.split("-");
      for (const each of ["band", "age", "snr"]) delete probe.dataset[each];
      if (value === undefined) probe.dataset.name = name;
      else {
        delete probe.dataset.name;
        probe.dataset[attribute] = value;
      }
      ({ color: colour } = getComputedStyle(probe));
      known.set(name, colour);
    }
    return colour;
  };
}
