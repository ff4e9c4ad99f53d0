export const MOST = 3000;

/**
 * What is to be drawn: of each class of the scheme the lines that were heard after `from` and up to `to`.
 *
 * `all` are those not hidden by the legend, as { line, xy, time, spot, name }, of too many the newest; `left` is how many
 * more there are than are drawn; `counts` has the hidden classes too. A line's object is the same in each scene.
 */
export function scene(lines, from, to, { of }, hidden) {
  const counts = {};
  let all = [];
  for (const line of lines) {
    if (!line.look(from, to)) continue;
    const { shown } = line;
    shown.name = of(shown, to);
    counts[shown.name] = (counts[shown.name] ?? 0) + 1;
    if (!hidden.has(shown.name)) all.push(shown);
  }
  const left = Math.max(0, all.length - MOST);
  if (left) all = newest(all).slice(0, MOST);
  const byClass = new Map();
  for (const shown of all) {
    const others = byClass.get(shown.name);
    if (others) others.push(shown);
    else byClass.set(shown.name, [shown]);
  }
  return { all, byClass, counts, left, from, to };
}

/** The newest first. */
export const newest = (all) => all.toSorted((a, b) => b.time - a.time);
