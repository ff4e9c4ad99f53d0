const CELL = 0.06; // units of the projection
const ACROSS = 4096;

/** Finds the line that is nearest to a point, by the cells through which its parts run. */
export class Index {
  /** `shown` are objects with the points `xy` of their line, as `project` gives them. */
  constructor(shown) {
    this.cells = new Map();
    for (const each of shown) {
      const { xy } = each;
      for (let n = 2; n < xy.length; n += 2) {
        // Along the part in steps of a cell: each cell that it enters, or one beside it.
        const [x1, y1, x2, y2] = [xy[n - 2], xy[n - 1], xy[n], xy[n + 1]];
        const steps = Math.ceil(Math.hypot(x2 - x1, y2 - y1) / CELL);
        for (let step = 0; step <= steps; step++) {
          const part = steps ? step / steps : 0;
          this.add(key(x1 + (x2 - x1) * part, y1 + (y2 - y1) * part), each);
        }
      }
    }
  }

  add(cell, each) {
    const others = this.cells.get(cell);
    if (!others) this.cells.set(cell, [each]);
    else if (others.at(-1) !== each) others.push(each);
  }

  /** Of what is not further away than `reach` the nearest; of several as near that with the nearest end. */
  nearest(x, y, reach) {
    const around = Math.min(Math.ceil(reach / CELL) + 1, 40);
    let best = null;
    let least = reach;
    const seen = new Set();
    for (let down = -around; down <= around; down++) {
      for (let right = -around; right <= around; right++) {
        for (const each of this.cells.get(key(x + right * CELL, y + down * CELL)) ?? []) {
          if (seen.has(each)) continue;
          seen.add(each);
          const { xy } = each;
          const end = Math.min(
            Math.hypot(xy[0] - x, xy[1] - y),
            Math.hypot(xy[xy.length - 2] - x, xy[xy.length - 1] - y),
          );
          const far = distanceTo(xy, x, y) + Math.min(end, 1) * reach * 0.02;
          if (far < least) [best, least] = [each, far];
        }
      }
    }
    return best;
  }
}

function key(x, y) {
  return Math.round(y / CELL) * ACROSS + Math.round(x / CELL);
}

/** Of a point from a line. */
export function distanceTo(xy, x, y) {
  let least = Infinity;
  for (let n = 2; n < xy.length; n += 2) {
    const [right, down] = [xy[n] - xy[n - 2], xy[n + 1] - xy[n - 1]];
    const length = right * right + down * down;
    const along = length ? ((x - xy[n - 2]) * right + (y - xy[n - 1]) * down) / length : 0;
    const part = Math.min(1, Math.max(0, along));
    const far = Math.hypot(xy[n - 2] + right * part - x, xy[n - 1] + down * part - y);
    if (far < least) least = far;
  }
  return least;
}
