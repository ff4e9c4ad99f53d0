import { geoCircle } from "d3-geo";
import { outline } from "./earth.js";
import { EARTH_RADIUS_KM } from "./sphere.js";

const MARGIN = 1.4; // times the view, so that one can drag a little without its being painted again
const DEGREES_A_KM = 180 / (Math.PI * EARTH_RADIUS_KM);

/** Circles of distance around the centre. */
export const RINGS_KM = [5_000, 10_000, 15_000];

/** Sea, land and rings of distance, painted once for many frames into a canvas that is not shown. */
export class Backdrop {
  canvas = document.createElement("canvas");

  constructor(colour) {
    this.colour = colour;
  }

  /** Of `earth` as earth.js makes it; `hasRings` where distances from the centre are true. */
  show(earth, projection, hasRings) {
    this.earth = earth;
    this.rings = hasRings
      ? RINGS_KM.map((km) => outline(projection, geoCircle().center(projection.centre).radius(km * DEGREES_A_KM)()))
      : [];
    this.painted = null;
  }

  /** Colours have changed. */
  forget() {
    this.painted = null;
  }

  draw(context, camera, ratio, isMoving) {
    if (!this.painted || !(isMoving ? this.covers(camera, ratio) : this.fits(camera, ratio))) this.paint(camera, ratio);
    const { x, y, scale } = this.painted;
    const { canvas } = this;
    const [middleX, middleY] = camera.toScreen(x, y);
    const factor = camera.scale / scale;
    const [width, height] = [canvas.width * factor, canvas.height * factor];
    context.save();
    context.resetTransform();
    // Where it lies on pixels it is copied, and not computed.
    const [left, top] = [Math.round(middleX * ratio - width / 2), Math.round(middleY * ratio - height / 2)];
    if (factor === 1) context.drawImage(canvas, left, top);
    else context.drawImage(canvas, left, top, width, height);
    context.restore();
  }

  fits({ x, y, scale, width, height }, ratio) {
    const { painted } = this;
    return painted.x === x && painted.y === y && painted.scale === scale && this.hasSize(width, height, ratio);
  }

  hasSize(width, height, ratio) {
    const { painted } = this;
    return painted.ratio === ratio && painted.width === width * MARGIN && painted.height === height * MARGIN;
  }

  /** Whether what is seen was painted, and not too small to be blown up. */
  covers({ x, y, scale, width, height, reach }, ratio) {
    const { painted } = this;
    const seen = (middle, size, pixels, extent) => [
      Math.max(-extent, middle - size / 2 / pixels),
      Math.min(extent, middle + size / 2 / pixels),
    ];
    const inside = (axis, middle, size, extent) => {
      const [low, high] = seen(middle, size, scale, extent);
      const [from, to] = seen(painted[axis], size * MARGIN, painted.scale, extent);
      return low >= from && high <= to;
    };
    return (
      this.hasSize(width, height, ratio) &&
      scale < 2 * painted.scale &&
      inside("x", x, width, reach[0]) &&
      inside("y", y, height, reach[1])
    );
  }

  paint({ x, y, scale, width, height }, ratio) {
    const { canvas, earth } = this;
    const painted = { x, y, scale, ratio, width: width * MARGIN, height: height * MARGIN };
    const [across, down] = [Math.ceil(painted.width * ratio), Math.ceil(painted.height * ratio)];
    if (canvas.width !== across || canvas.height !== down) Object.assign(canvas, { width: across, height: down });
    const context = canvas.getContext("2d");
    context.resetTransform();
    context.clearRect(0, 0, across, down);
    const pixels = scale * ratio;
    context.setTransform(pixels, 0, 0, pixels, across / 2 - x * pixels, down / 2 - y * pixels);
    const fill = (path, name) => {
      context.fillStyle = this.colour(name);
      context.fill(path);
    };
    const stroke = (path, name, points, dash = []) => {
      context.strokeStyle = this.colour(name);
      context.lineWidth = points / scale;
      context.setLineDash(dash.map((length) => length / scale));
      context.stroke(path);
    };
    fill(earth.sphere, "sea");
    stroke(earth.net, "net", 0.5);
    fill(earth.land, "land");
    stroke(earth.land, "coast", 0.75);
    for (const ring of this.rings) stroke(ring, "ring", 1, [2, 5]);
    stroke(earth.sphere, "rim", 1);
    this.painted = painted;
  }
}
