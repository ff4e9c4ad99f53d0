import { geoAzimuthalEquidistant, geoNaturalEarth1, geoNaturalEarth1Raw } from "d3-geo";
import { vector } from "./sphere.js";

const DEGREES = 180 / Math.PI;
const FAR = 0.2; // units between two points of a line that bends
const FINEST = 4; // times that a part of an arc is halved for that
const scratch = [0, 0];
const RIM = Math.PI; // the antipode of the centre, all around

/**
 * Distances and directions from the centre are true: one sees where to turn the antenna.
 *
 * Like World it maps to units, the earth's radius being one, right and down positive.
 */
export class Azimuthal {
  reach = [RIM, RIM];

  constructor([longitude, latitude]) {
    this.centre = [longitude, latitude];
    this.up = vector(this.centre);
    this.east = vector([longitude + 90, 0]);
    this.north = vector([longitude + (latitude > 0 ? 180 : 0), 90 - Math.abs(latitude)]);
    this.sphere = geoAzimuthalEquidistant()
      .rotate([-longitude, -latitude])
      .scale(1)
      .translate([0, 0])
      .clipAngle(180 - 1e-3)
      .precision(0.003);
  }

  /** Writes x and y of a unit vector to `xy` at `at`. */
  put(x, y, z, xy, at) {
    const along = x * this.up[0] + y * this.up[1] + z * this.up[2];
    const right = x * this.east[0] + y * this.east[1];
    const above = x * this.north[0] + y * this.north[1] + z * this.north[2];
    const aside = Math.hypot(right, above);
    const stretch = aside < 1e-9 ? 1 : Math.atan2(aside, along) / aside;
    xy[at] = right * stretch;
    xy[at + 1] = -above * stretch;
  }

  /** Whether a line between two neighbouring points of an arc would run over the edge and come in elsewhere. */
  tears(x1, y1, x2, y2) {
    return Math.hypot(x2 - x1, y2 - y1) > 1;
  }

  /** Longitude and latitude in degrees; null beyond the rim. */
  placeAt(x, y) {
    return Math.hypot(x, y) > RIM ? null : this.sphere.invert([x, y]);
  }
}

/** The whole earth, with the centre's meridian in the middle. */
export class World {
  constructor([longitude]) {
    this.centre = [longitude, 0];
    this.turn = longitude / DEGREES;
    this.reach = [geoNaturalEarth1Raw(Math.PI, 0)[0], geoNaturalEarth1Raw(0, Math.PI / 2)[1]];
    this.sphere = geoNaturalEarth1().rotate([-longitude, 0]).scale(1).translate([0, 0]).precision(0.003);
  }

  put(x, y, z, xy, at) {
    let east = Math.atan2(y, x) - this.turn;
    if (east > Math.PI) east -= 2 * Math.PI;
    else if (east < -Math.PI) east += 2 * Math.PI;
    const [right, above] = geoNaturalEarth1Raw(east, Math.asin(z > 1 ? 1 : z < -1 ? -1 : z));
    xy[at] = right;
    xy[at + 1] = -above;
  }

  tears(x1, _y1, x2) {
    return Math.abs(x2 - x1) > this.reach[0] / 2;
  }

  placeAt(x, y) {
    const place = this.sphere.invert([x, y]);
    return Math.abs(y) > this.reach[1] || !place || Math.abs(place[1]) > 90 ? null : place;
  }
}

/** The points of an arc as x, y, x, y …, as close as the line's bends ask for; where it is torn stands NaN, NaN. */
export function project(arc, projection) {
  const xy = [];
  let before = null;
  for (let n = 0; n < arc.length; n += 3) {
    const next = new Point(arc[n], arc[n + 1], arc[n + 2], projection);
    if (before) join(before, next, projection, xy, FINEST);
    else xy.push(next.x, next.y);
    before = next;
  }
  return Float32Array.from(xy);
}

class Point {
  constructor(a, b, c, projection) {
    this.vector = [a, b, c];
    projection.put(a, b, c, scratch, 0);
    [this.x, this.y] = scratch;
  }
}

/** Appends what leads from one point to the next, with points between them while they lie far apart. */
function join(start, end, projection, xy, depth) {
  const isTorn = projection.tears(start.x, start.y, end.x, end.y);
  if (depth && (isTorn || Math.abs(end.x - start.x) + Math.abs(end.y - start.y) > FAR)) {
    const [a, b, c] = start.vector.map((each, axis) => each + end.vector[axis]);
    const length = Math.hypot(a, b, c);
    const middle = new Point(a / length, b / length, c / length, projection);
    join(start, middle, projection, xy, depth - 1);
    join(middle, end, projection, xy, depth - 1);
    return;
  }
  if (isTorn) xy.push(NaN, NaN);
  xy.push(end.x, end.y);
}
