import { hide, show } from "./chart-tip.js";
import { clockTime } from "./times.js";

const REFRESH = 60_000;
const SHARPEST = 2; // device pixels a pixel: more costs a phone time and shows nothing
const TOP = 22;
const LEFT = 44;
const BOTTOM = 30;
const REACH = 22; // pixels from the pointer to the mark it means
const VARIABLES = ["voice", "cw", "digital", "unknown"];
const WIDTHS = [2.7, 0.3, 0.5, 0.3]; // kHz, as the list of classes
const STRONG = 40; // dB
// Of those that nobody measured: a person who tells of a station hears it well, and many make it the surer.
const TOLD = 15;
const REPORT = 6;

/** The last hours of a band: frequency across, time downwards from now, a mark for each station. */
export class Waterfall {
  constructor(canvas) {
    this.canvas = canvas;
    this.data = null;
    this.pointed = null;
    this.ended = new AbortController();
    const options = { signal: this.ended.signal };
    canvas.addEventListener("pointermove", (event) => this.point(event), options);
    canvas.addEventListener("pointerdown", (event) => this.point(event), options);
    canvas.addEventListener("pointerleave", () => this.leave(), options);
    canvas.addEventListener("click", (event) => this.open(event), options);
    for (const wish of ["(prefers-color-scheme: dark)", "(prefers-contrast: more)"]) {
      matchMedia(wish).addEventListener("change", () => this.draw(), options);
    }
    document.addEventListener("visibilitychange", () => document.hidden || this.load(), options);
    this.sizes = new ResizeObserver(() => this.draw());
    this.sizes.observe(canvas);
    this.timer = setInterval(() => document.hidden || this.load(), REFRESH);
    this.load();
  }

  stop() {
    this.ended.abort();
    this.sizes.disconnect();
    clearInterval(this.timer);
    hide();
  }

  async load() {
    const data = await fetch(this.canvas.dataset.address, { signal: this.ended.signal })
      .then((answer) => (answer.ok ? answer.json() : null))
      .catch(() => null);
    if (!data) return; // what is there stays; its time axis says of when it is
    this.data = data;
    this.draw();
  }

  draw() {
    const { canvas, data } = this;
    const { clientWidth: width, clientHeight: height } = canvas;
    if (!data || !width) return;
    const ratio = Math.min(devicePixelRatio, SHARPEST);
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    const context = canvas.getContext("2d");
    context.scale(ratio, ratio);
    const style = getComputedStyle(canvas);
    const figures = `11px ${style.getPropertyValue("--figures")}`;
    const colour = (name) => this.colour(name);

    this.pixelsAKilohertz = (width - LEFT) / (data.high - data.low);
    this.pixelsASecond = (height - TOP - BOTTOM) / (data.until - data.since);
    this.drawUses(context, height, colour, figures);
    this.drawAxes(context, width, height, colour, figures);
    this.drawMarks(context, colour);
  }

  /** As the theme in force has it: the canvas does not know variables. */
  colour(name) {
    this.canvas.style.setProperty("color", `var(--${name})`);
    return getComputedStyle(this.canvas).color;
  }

  x(khz) {
    return LEFT + (khz - this.data.low) * this.pixelsAKilohertz;
  }

  y(time) {
    return TOP + (this.data.until - time) * this.pixelsASecond;
  }

  /** Which mode is usual where. */
  drawUses(context, height, colour, figures) {
    context.font = figures;
    context.textAlign = "center";
    context.textBaseline = "middle";
    for (const [low, high, mode] of this.data.uses) {
      const [left, wide] = [this.x(low), (high - low) * this.pixelsAKilohertz];
      context.fillStyle = colour("raised");
      context.fillRect(left, 2, Math.max(wide - 1, 1), TOP - 6);
      context.fillStyle = colour("muted");
      if (context.measureText(mode).width < wide - 4) context.fillText(mode, left + wide / 2, TOP / 2);
    }
  }

  drawAxes(context, width, height, colour, figures) {
    const { low, high, since, until } = this.data;
    const foot = height - BOTTOM;
    context.strokeStyle = colour("line");
    context.fillStyle = colour("muted");
    context.font = figures;
    context.lineWidth = 1;
    context.textAlign = "center";
    context.textBaseline = "top";
    const step = roundUp(70 / this.pixelsAKilohertz);
    for (let khz = Math.ceil(low / step) * step; khz <= high + 1e-6; khz += step) {
      const x = this.x(khz);
      line(context, x, TOP, x, foot);
      const text = khz.toFixed(step < 1 ? 1 : 0);
      const half = context.measureText(text).width / 2;
      context.fillText(text, Math.max(LEFT + half, Math.min(x, width - half)), foot + 8);
    }
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (let time = Math.floor(until / 1800) * 1800; time >= since; time -= 1800) {
      line(context, LEFT, this.y(time), width, this.y(time));
      context.fillText(clockTime(new Date(time * 1000), "UTC"), LEFT - 6, this.y(time));
    }
    context.fillText("kHz", LEFT - 6, foot + 13);
  }

  drawMarks(context, colour) {
    const colours = VARIABLES.map((name) => colour(name));
    const high = Math.max(this.data.slot * this.pixelsASecond - 0.5, 2);
    for (const mark of [...this.data.marks].sort((one, other) => strength(one) - strength(other))) {
      const [time, khz, , , kind] = mark;
      const wide = Math.max(WIDTHS[kind] * this.pixelsAKilohertz, 3);
      context.globalAlpha = 0.25 + 0.75 * Math.min(strength(mark) / STRONG, 1);
      context.fillStyle = colours[kind];
      context.fillRect(this.x(khz) - wide / 2, this.y(time + this.data.slot), wide, high);
    }
    context.globalAlpha = 1;
    if (!this.pointed) return;
    const [time, khz] = this.pointed;
    context.strokeStyle = colour("ink");
    context.lineWidth = 2;
    context.strokeRect(this.x(khz) - 6, this.y(time + this.data.slot) - 3, 12, high + 6);
  }

  point(event) {
    if (!this.data) return;
    const found = this.nearest(event.offsetX, event.offsetY);
    if (found !== this.pointed) {
      this.pointed = found;
      this.draw();
    }
    this.canvas.classList.toggle("pointed", found !== null);
    if (found) show(describe(found), event.clientX, event.clientY);
    else hide();
  }

  nearest(x, y) {
    let [best, least] = [null, REACH];
    for (const mark of this.data.marks) {
      const away = Math.hypot(this.x(mark[1]) - x, this.y(mark[0] + this.data.slot / 2) - y);
      if (away < least) [best, least] = [mark, away];
    }
    return best;
  }

  leave() {
    this.pointed = null;
    this.draw();
    hide();
  }

  /** With a mouse at the first click; with a finger the first tap only tells. */
  open(event) {
    const again = this.pointed && this.opened === this.pointed;
    this.opened = this.pointed;
    if (this.pointed && (event.pointerType === "mouse" || again)) {
      location.assign(this.canvas.dataset.call.replace("CALL", this.pointed[2]));
    }
  }
}

/** In dB, or as if: by how many reported. */
function strength([, , , , , spots, best]) {
  return Math.max(best ?? TOLD, REPORT * spots);
}

function describe([time, khz, call, mode, , spots, best]) {
  const signal = best === null ? "" : `, best ${best} dB`;
  const number = `${spots} spot${spots === 1 ? "" : "s"}`;
  return `${call} ${khz.toFixed(1)} kHz ${mode}: ${number}${signal}, ${clockTime(new Date(time * 1000), "UTC")} UTC`;
}

/** To 1, 2 or 5 with zeros. */
function roundUp(number) {
  const power = 10 ** Math.floor(Math.log10(number));
  return [1, 2, 5, 10].find((step) => step * power >= number) * power;
}

function line(context, ...[left, top, right, bottom]) {
  context.beginPath();
  context.moveTo(Math.round(left) + 0.5, Math.round(top) + 0.5);
  context.lineTo(Math.round(right) + 0.5, Math.round(bottom) + 0.5);
  context.stroke();
}
