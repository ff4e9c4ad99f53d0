import { Backdrop, RINGS_KM } from "./backdrop.js";
import { EARTH_RADIUS_KM } from "./sphere.js";
import { distance } from "./words.js";

const MOST_PIXELS = 2_600_000;
const MOST_RATIO = 2;
// Without a GPU lines that are thicker than a pixel, or let others shine through, take ten times as long to draw, and
// pictures of the marks as well: where there are many, lines are as thin as can be, and marks are squares.
const MANY_LINES = 150;
const MANY_PLACES = 500;
const OLDER = 0.5; // of their colour, the rest is the sea's
const FEW_LABELS = 40;
const RADIANS = Math.PI / 180;
const FONT = "12px system-ui, sans-serif";
const BOLD = "600 12px system-ui, sans-serif";

/** Paints the map as it is at a moment. `colour` tells the colours of things by their names. */
export class Painter {
  still = document.createElement("canvas"); // what stays while something glows or is pointed at

  constructor(canvas, colour) {
    this.canvas = canvas;
    this.colour = colour;
    this.context = canvas.getContext("2d");
    this.backdrop = new Backdrop(colour);
    this.recolour();
  }

  /** Takes the canvas's size on the page; gives it in pixels of the page. */
  resize() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    this.ratio = Math.min(devicePixelRatio, MOST_RATIO, Math.sqrt(MOST_PIXELS / (width * height || 1)));
    this.canvas.width = Math.round(width * this.ratio);
    this.canvas.height = Math.round(height * this.ratio);
    this.recolour();
    return [width, height];
  }

  recolour() {
    this.shown = null;
    this.backdrop.forget();
    this.pictures = null;
  }

  /**
   * `scene` and `classes` as scene.js and schemes.js make them, `night` are paths, `fresh` are { line, part } of lines
   * that have just come, `part` of their glow being over; `chosen` is one of the scene, `home` the centre of the map.
   */
  paint(picture) {
    const { context, ratio } = this;
    const { camera, scene, night, home, units, isMoving, fresh, chosen, classes } = picture;
    this.camera = camera;
    const shown = [scene, night, home, units, isMoving, camera.x, camera.y, camera.scale];
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, camera.width, camera.height);
    if (this.shown?.every((one, n) => one === shown[n])) {
      context.save();
      context.resetTransform();
      context.drawImage(this.still, 0, 0);
      context.restore();
    } else {
      this.all(picture);
      this.shown = null;
    }
    if (!fresh.length && !chosen) return;
    if (!this.shown && !isMoving) {
      this.keep();
      this.shown = shown;
    }
    this.inUnits(() => {
      for (const { line, part } of fresh) this.glow(line, part);
    });
    if (chosen) this.mark(chosen, classes);
  }

  /** All but what glows and what is chosen. */
  all({ camera, night, sun, scene, classes, home, isMoving, units }) {
    const { context, ratio } = this;
    this.backdrop.draw(context, camera, ratio, isMoving);
    this.inUnits(() => {
      context.fillStyle = this.colour("night");
      for (const path of night) context.fill(path);
      this.lines(scene, classes);
    });
    this.places(scene);
    this.disc(camera.toScreen(...sun), 6, "sun");
    if (home) this.compass(camera.toScreen(0, 0), units);
  }

  keep() {
    const { width, height } = this.canvas;
    if (this.still.width !== width || this.still.height !== height) Object.assign(this.still, { width, height });
    const context = this.still.getContext("2d");
    context.globalCompositeOperation = "copy";
    context.drawImage(this.canvas, 0, 0);
  }

  /** Draws with coordinates of the map. */
  inUnits(draw) {
    const { context, camera, ratio } = this;
    const pixels = camera.scale * ratio;
    context.save();
    context.setTransform(
      pixels, 0, 0, pixels,
      (camera.width / 2) * ratio - camera.x * pixels,
      (camera.height / 2) * ratio - camera.y * pixels,
    );
    draw();
    context.restore();
  }

  lines(scene, classes) {
    const { context, camera } = this;
    scene.paths ??= paths(scene);
    const thin = scene.all.length > MANY_LINES;
    context.lineWidth = (thin ? 1 / this.ratio : 1.75) / camera.scale;
    context.lineJoin = "bevel";
    const sea = this.colour("sea");
    for (const age of ["older", "newer"]) {
      for (const { name, attribute } of classes) {
        const both = scene.paths.get(name);
        if (!both) continue;
        const colour = this.colour(`${attribute}-${name}`);
        context.strokeStyle = age === "older" ? mixed(colour, sea, OLDER) : colour;
        context.stroke(both[age]);
      }
    }
  }

  glow(line, part) {
    const { context, camera } = this;
    const path = trace(new Path2D(), line.shown.xy);
    context.globalAlpha = 0.9 * (1 - part);
    context.strokeStyle = this.colour("glow");
    context.lineWidth = (2 + 3 * (1 - part)) / camera.scale;
    context.stroke(path);
    context.globalAlpha = 1;
  }

  places(scene) {
    const { camera } = this;
    scene.places ??= places(scene);
    const seen = { "spotter-about": [], spotter: [], "dx-about": [], dx: [] };
    let number = 0;
    for (const place of scene.places) {
      const [x, y] = camera.toScreen(place.x, place.y);
      if (x < -8 || y < -8 || x > camera.width + 8 || y > camera.height + 8) continue;
      seen[place.kind].push({ x, y, call: place.call });
      number++;
    }
    for (const [kind, those] of Object.entries(seen)) {
      if (number > MANY_PLACES) this.squares(kind, those);
      else this.marks(kind, those);
    }
    if (number <= FEW_LABELS) this.labels([...seen["dx-about"], ...seen.dx]);
  }

  squares(kind, those) {
    const { context, ratio } = this;
    const [name, about] = kind.split("-");
    const half = name === "dx" ? 2 : 1.5;
    const draw = (colour, around) => {
      context.fillStyle = this.colour(colour);
      for (const { x, y } of those) {
        const [left, top] = [Math.round((x - around) * ratio) / ratio, Math.round((y - around) * ratio) / ratio];
        context.fillRect(left, top, 2 * around, 2 * around);
      }
    };
    draw(name === "dx" ? "ink" : "muted", half);
    if (about) draw("halo", half - 1);
  }

  marks(kind, those) {
    this.pictures ??= marks(this.colour, this.ratio);
    const picture = this.pictures[kind];
    const { size } = picture;
    for (const { x, y } of those) this.context.drawImage(picture, x - size / 2, y - size / 2, size, size);
  }

  /** Of those that do not lie on others. */
  labels(seen) {
    const taken = [];
    for (const { x, y, call } of seen) {
      if (taken.some((other) => Math.abs(other.x - x) < 64 && Math.abs(other.y - y) < 15)) continue;
      taken.push({ x, y });
      this.text(call, x + 7, y, { align: "left" });
    }
  }

  text(text, x, y, { align = "center", colour = "ink", font = FONT } = {}) {
    const { context } = this;
    Object.assign(context, { font, textAlign: align, textBaseline: "middle", lineJoin: "round", lineWidth: 3 });
    context.strokeStyle = this.colour("halo");
    context.strokeText(text, x, y);
    context.fillStyle = this.colour(colour);
    context.fillText(text, x, y);
  }

  disc([x, y], radius, name) {
    const { context } = this;
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.fillStyle = this.colour(name);
    context.strokeStyle = this.colour("halo");
    context.lineWidth = 2;
    context.stroke();
    context.fill();
  }

  /** Where to turn the antenna, around the rim or as much of it as fits around the centre; and the distances. */
  compass([x, y], units) {
    const { context, camera } = this;
    const rim = Math.PI * camera.scale;
    const radius = Math.min(rim, Math.max(90, Math.min(camera.width, camera.height) / 2 - 22));
    context.strokeStyle = this.colour("compass");
    context.lineWidth = 1;
    context.beginPath();
    for (let degrees = 0; degrees < 360; degrees += 5) {
      const [right, up] = [Math.sin(degrees * RADIANS), Math.cos(degrees * RADIANS)];
      const inner = radius - (degrees % 10 ? 3 : 6);
      context.moveTo(x + right * inner, y - up * inner);
      context.lineTo(x + right * radius, y - up * radius);
    }
    if (radius < rim) {
      context.moveTo(x + radius, y);
      context.arc(x, y, radius, 0, 2 * Math.PI);
    }
    context.stroke();
    for (let degrees = 0; degrees < 360; degrees += 30) {
      const [right, up] = [Math.sin(degrees * RADIANS), Math.cos(degrees * RADIANS)];
      this.text(`${degrees}°`, x + right * (radius + 13), y - up * (radius + 11), {
        colour: "compass",
        font: degrees % 90 ? FONT : BOLD,
      });
    }
    for (const km of RINGS_KM) {
      this.text(distance(km, units), x, y + (km / EARTH_RADIUS_KM) * camera.scale, { colour: "compass" });
    }
    this.disc([x, y], 4, "home");
  }

  mark({ xy, spot, name }, classes) {
    const { context, camera } = this;
    const [{ attribute }] = classes;
    this.inUnits(() => {
      const path = trace(new Path2D(), xy);
      context.lineJoin = "round";
      for (const [points, colour] of [[7, "halo"], [4.5, "ink"], [2.5, `${attribute}-${name}`]]) {
        context.lineWidth = points / camera.scale;
        context.strokeStyle = this.colour(colour);
        context.stroke(path);
      }
    });
    for (const [x, y, call] of [
      [xy[0], xy[1], spot.spotter.call],
      [xy.at(-2), xy.at(-1), spot.dx.call],
    ]) {
      const [right, down] = camera.toScreen(x, y);
      this.disc([right, down], 4, "ink");
      this.text(call, right, down - 13, { font: BOLD });
    }
  }
}

/** A colour as the browser computes it, as much of it as `part`, and else of another. */
function mixed(colour, other, part) {
  const [a, b] = [colour, other].map((each) => each.match(/[\d.]+/g).map(Number));
  return `rgb(${[0, 1, 2].map((n) => Math.round(part * a[n] + (1 - part) * b[n])).join(" ")})`;
}

/** Adds a line that may be torn to a path. */
function trace(path, xy) {
  let isTorn = true;
  for (let n = 0; n < xy.length; n += 2) {
    const x = xy[n];
    if (x !== x) isTorn = true;
    else if (isTorn) {
      path.moveTo(x, xy[n + 1]);
      isTorn = false;
    } else path.lineTo(x, xy[n + 1]);
  }
  return path;
}

/** By class: the lines heard in the last third of the time, and those before. */
function paths({ byClass, from, to }) {
  const recent = to - (to - from) / 3;
  return new Map(
    [...byClass].map(([name, shown]) => {
      const both = { older: new Path2D(), newer: new Path2D() };
      for (const { xy, time } of shown) trace(time > recent ? both.newer : both.older, xy);
      return [name, both];
    }),
  );
}

/** Where there are stations, each place once; a DX covers a spotter. */
function places({ all }) {
  const found = new Map();
  const add = (station, x, y, kind, call) => {
    const key = `${station.place}`;
    const other = found.get(key);
    if (!other || (call && !other.call)) found.set(key, { x, y, kind: `${kind}${station.byGrid ? "" : "-about"}`, call });
  };
  for (const { xy, spot } of all) {
    add(spot.dx, xy.at(-2), xy.at(-1), "dx", spot.dx.call);
    add(spot.spotter, xy[0], xy[1], "spotter");
  }
  return [...found.values()];
}

/** Small pictures of the kinds of places: a DX is larger than a spotter; hollow when it is known by its country only. */
function marks(colour, ratio) {
  const draw = (radius, name, isHollow) => {
    const size = 2 * radius + 3;
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = Math.ceil(size * ratio);
    canvas.size = size;
    const context = canvas.getContext("2d");
    context.scale(ratio, ratio);
    context.beginPath();
    context.arc(size / 2, size / 2, radius, 0, 2 * Math.PI);
    context.fillStyle = colour(isHollow ? "halo" : name);
    context.strokeStyle = colour(isHollow ? name : "halo");
    context.lineWidth = isHollow ? 1.5 : 1;
    context.fill();
    context.stroke();
    return canvas;
  };
  return {
    dx: draw(3.5, "ink", false),
    "dx-about": draw(3.5, "ink", true),
    spotter: draw(2, "muted", false),
    "spotter-about": draw(2, "muted", true),
  };
}
