import { follow } from "../shared/feed.js";
import { sendAtOnce } from "../shared/filters.js";
import htmx from "../shared/htmx.js";
import { matches } from "../shared/match.js";
import { LiveState } from "../shared/state.js";
import { clockTime, milliseconds } from "../shared/times.js";
import { Address } from "./address.js";
import { Camera } from "./camera.js";
import { coloursOf } from "./colours.js";
import { earthBy, outline } from "./earth.js";
import { Gestures } from "./gestures.js";
import { Hours, OLDEST } from "./hours.js";
import { Legend } from "./legend.js";
import { HOUR, Lines } from "./lines.js";
import { List } from "./list.js";
import { nightAt, subsolar } from "./night.js";
import { Painter } from "./painter.js";
import { pause } from "./pause.js";
import { Index } from "./pick.js";
import { Player } from "./player.js";
import { Azimuthal, World } from "./projections.js";
import { scene } from "./scene.js";
import { scheme } from "./schemes.js";
import { vector } from "./sphere.js";
import { Told } from "./told.js";

const MINUTE = 60_000;
const LONGEST = 24 * HOUR;
const TRAIL = HOUR; // the longest time that is shown at once of what is past
const AHEAD = 2 * HOUR; // is loaded before it is played
const MARGIN = { azimuthal: 30, world: 8 }; // pixels; the azimuthal one has its compass there
const REACH = { mouse: 10, finger: 24 }; // pixels
const TALL = 2.2; // times the whole world, where it would leave most of a tall view empty
const GLOW = 2_500;
const NEW = 20_000; // what was heard before the page was made is told as well
const MOST_FRESH = 30; // glow at a time: each takes as long to draw as a hundred others
const WORDS = 250; // milliseconds between two changes of figures
const DAY = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", day: "numeric", month: "short" });
const ROWS = 4_000; // and of the list
const SOON = 250; // milliseconds until what has come is drawn with all else; it glows at once
const SLIDES = 15_000; // after which what is too old goes

/** The whole of the page: what is heard, what of it is seen, and what one does with it. */
class LiveMap {
  fresh = new Map();
  recent = []; // what was heard while the server may not tell it yet
  chosen = null;
  pointed = null;
  isLoading = true;

  constructor(stage, countries, clock) {
    const find = (name) => stage.querySelector(`[data-part=${name}]`);
    const { dataset } = stage;
    Object.assign(this, { stage, countries, clock });
    this.home = dataset.centre ? dataset.centre.split(" ").map(Number) : null;
    this.bands = dataset.bands.split(" ");
    this.units = dataset.units;
    this.zone = document.getElementById("clock").dataset.zone;
    this.canvas = find("canvas");
    this.status = find("status");
    this.said = find("said");
    this.camera = new Camera();
    this.painter = new Painter(
      this.canvas,
      coloursOf(stage, () => this.recolour()),
    );
    this.address = new Address(dataset, find("state"));
    this.player = new Player(find("player"), clock, () => this.moveTime());
    this.legend = new Legend(find("legend"), () => this.change());
    this.told = new Told(find("told"), dataset.callPage, () => this.pick(null));
    this.list = new List(dataset.callPage, (shown) => {
      this.pick(shown);
      this.stage.scrollIntoView({ block: "nearest" });
    });
    this.hours = new Hours(dataset.paths, (columns, isOff) => this.lines.take(columns, isOff));
    this.gestures = new Gestures(this.canvas, this.camera, {
      moved: () => this.draw(),
      settled: () => {
        this.draw();
        this.keep();
      },
      points: (at) => this.point(at),
      picks: (at) => this.pick(this.at(at, at.isFinger ? REACH.finger : REACH.mouse)),
    });
    for (const [name, factor] of [["closer", 1.5], ["further", 1 / 1.5]]) {
      find(name).addEventListener("click", () => this.gestures.zoom(factor));
    }
    find("whole").addEventListener("click", () => {
      this.camera.lookAt(0, 0, 1);
      this.gestures.moved();
    });
    this.canvas.addEventListener("keydown", ({ key }) => key === "Escape" && this.pick(null));
    stage.addEventListener("change", ({ target }) => {
      if (target.name === "view") this.useView(target.value);
      if (target.name === "colour") this.useColour(target.value);
    });
    new ResizeObserver(() => this.resize()).observe(this.canvas);
  }

  /** Follows the filters of the part of the page that the server sends anew when they change. */
  async usePart(section) {
    const { query, wanted, since } = section.dataset;
    this.wanted = JSON.parse(wanted);
    this.window = Math.min(milliseconds(since), LONGEST);
    this.list.use(section);
    this.address.useFilters(query);
    this.lines = new Lines(this.projection, this.countries);
    this.hours.use(query);
    this.fresh.clear();
    this.pick(null);
    for (const { spot } of this.recent) if (matches(this.wanted, spot)) this.lines.add(spot);
    this.change();
    await this.loadTime();
  }

  async useView(view) {
    this.view = this.home ? view : "world";
    const centre = this.home ?? [0, 0];
    const projection = this.view === "world" ? new World(centre) : new Azimuthal(centre);
    const { zoom, place } = this.projection ? { zoom: 1 } : this.address.look;
    this.projection = projection;
    const earth = await earthBy(projection);
    await this.lines?.projectBy(projection);
    if (this.projection !== projection) return;
    this.painter.backdrop.show(earth, projection, this.view === "azimuthal");
    this.nightOf = null;
    this.isReady = true;
    this.resize();
    const point = [0, 0];
    if (place) projection.put(...vector(place), point, 0);
    const { width, height } = this.camera;
    const isTall = this.view === "world" && height > width;
    this.camera.lookAt(...point, isTall && zoom === 1 ? TALL : zoom);
    this.change();
    this.keep();
  }

  useColour(name) {
    this.colour = name;
    this.scheme = scheme(name, this.bands);
    this.legend.use(this.scheme);
    this.change();
    this.keep();
  }

  keep() {
    if (!this.isReady) return;
    const { zoom, x, y } = this.camera;
    this.address.keep({ view: this.view, colour: this.colour, zoom, place: this.projection.placeAt(x, y) });
  }

  resize() {
    if (!this.isReady) return;
    this.camera.fit(this.painter.resize(), MARGIN[this.view], this.projection.reach);
    this.draw();
  }

  recolour() {
    this.painter?.recolour();
    this.draw();
  }

  moveTime() {
    if (!this.player.isPlaying) this.loadTime();
    this.change();
  }

  /** Times after `from` and up to `to` are shown. */
  get span() {
    const { at, time } = this.player;
    return { from: time - (at === null ? this.window : Math.min(this.window, TRAIL)), to: time };
  }

  /** Brings what of the span is not there yet, and shows it as it comes. */
  async loadTime() {
    const { from, to } = this.span;
    this.isLoading = true;
    const timer = setInterval(() => this.change(), 400);
    try {
      const isCurrent = await this.hours.load(from, to);
      if (isCurrent) this.isLoading = false;
      this.isBroken = false;
    } catch {
      this.isBroken = true;
    }
    clearInterval(timer);
    this.change();
  }

  /** Whether what is played next is there; asks for it. */
  get hasTime() {
    const { from, to } = this.span;
    this.hours.load(from, Math.min(to + AHEAD, this.clock())).catch(() => (this.isBroken = true));
    return this.hours.has(to) && this.hours.has(from);
  }

  hear(spot) {
    const now = performance.now();
    while (this.recent[0]?.at < now - 1000 * OLDEST) this.recent.shift();
    this.recent.push({ spot, at: now });
    if (!matches(this.wanted, spot)) return;
    const line = this.lines.add(spot);
    if (!line || this.player.at !== null) return;
    const isNew = this.clock() - Date.parse(spot.received) < NEW;
    if (isNew && this.fresh.size < MOST_FRESH) this.fresh.set(line, now);
    this.changing ??= setTimeout(() => {
      this.changing = null;
      this.change();
    }, SOON);
    this.draw();
  }

  /** What is to be seen is another than before. */
  change() {
    this.scene = null;
    this.draw();
  }

  draw() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      if (!this.isReady || !this.lines) return;
      if (this.player.isPlaying) {
        if (this.hasTime) this.player.tick();
        else this.player.wait();
      }
      this.paint();
      if (this.player.isPlaying || this.fresh.size) this.draw();
    });
  }

  paint() {
    if (!this.scene) {
      const { from, to } = this.span;
      this.scene = scene(this.lines, from, to, this.scheme, this.legend.hidden);
      this.index = null;
      this.speak();
    }
    const now = performance.now();
    const fresh = [];
    for (const [line, since] of this.fresh) {
      const part = (now - since) / GLOW;
      if (part < 1) fresh.push({ line, part: this.player.isCalm.matches ? 0.3 : part });
      else this.fresh.delete(line);
    }
    this.painter.paint({
      camera: this.camera,
      ...this.sky(this.player.time),
      scene: this.scene,
      classes: this.scheme.classes,
      fresh,
      chosen: this.pointed ?? this.chosen,
      home: this.view === "azimuthal" && this.home,
      isMoving: this.gestures.isMoving,
      units: this.units,
    });
  }

  /** Night and the Sun, of the same five minutes the same. */
  sky(time) {
    const key = Math.round(time / (5 * MINUTE));
    if (this.nightOf !== key) {
      const sun = [0, 0];
      this.projection.put(...vector(subsolar(time)), sun, 0);
      this.nightOf = key;
      this.heaven = { night: nightAt(time).map((area) => outline(this.projection, area)), sun };
    }
    return this.heaven;
  }

  /** Says in words what is seen: at once, but not with each frame. */
  speak() {
    this.speaking ??= setTimeout(() => {
      this.speaking = null;
      if (!this.scene) return this.speak();
      this.legend.show(this.scene.counts);
      const summary = this.summary();
      if (this.status.textContent !== summary) this.status.textContent = summary;
      this.canvas.ariaLabel = `Map. ${summary}. The list below says the same.`;
      this.writeList(summary);
    }, WORDS);
  }

  writeList(summary) {
    if (this.player.isPlaying || (this.listed && this.list.isRead)) return;
    const wait = this.listed ? this.listed + ROWS - performance.now() : 0;
    if (wait > 0) {
      clearTimeout(this.relisting);
      this.relisting = setTimeout(() => this.speak(), wait);
      return;
    }
    this.listed = performance.now();
    this.list.show(this.scene, this.context, summary);
  }

  get context() {
    const { countries, home, units, zone } = this;
    return { countries, home, units, zone, now: new Date(this.player.time) };
  }

  summary() {
    const { all, left, from, to } = this.scene;
    const number = (count) => count.toLocaleString("en");
    const { leftOut, unplaced } = this.hours.missing(from, to);
    const clock = (time) => clockTime(new Date(time), "UTC");
    const day = this.player.at === null ? "" : ` on ${DAY.format(to)}`;
    const span = to - from < LONGEST ? `${clock(from)} to ${clock(to)} UTC${day}` : "the last 24 hours";
    const parts = [`${number(all.length)} path${all.length === 1 ? "" : "s"}, ${span}`];
    if (left) parts.push(`the newest of ${number(all.length + left)}`);
    if (leftOut) parts.push(`${number(leftOut)} rare ones of skimmers left out`);
    if (unplaced) parts.push(`${number(unplaced)} more of unknown places`);
    if (this.isBroken) parts.push("some could not be loaded");
    else if (this.isLoading && this.player.at === null) parts.push("loading");
    return parts.join("; ");
  }

  point(at) {
    this.pointer = at;
    this.pointing ??= requestAnimationFrame(() => {
      this.pointing = null;
      const pointed = this.pointer && this.at(this.pointer, REACH.mouse);
      if (pointed === this.pointed) return;
      this.pointed = pointed;
      this.canvas.classList.toggle("pointed", Boolean(pointed));
      this.told.show(pointed ?? this.chosen, this.context);
      this.draw();
    });
  }

  /** Of the scene what is nearest to these pixels, and not further away than `reach` pixels. */
  at({ x, y }, reach) {
    if (!this.scene) return null;
    this.index ??= new Index(this.scene.all);
    return this.index.nearest(...this.camera.toMap(x, y), reach / this.camera.scale);
  }

  pick(shown) {
    this.chosen = shown;
    this.pointed = null;
    this.told.show(shown, this.context);
    if (shown) {
      const { spot } = shown;
      this.said.textContent = `${spot.dx.call} on ${spot.khz} kHz, heard by ${spot.spotter.call}`;
    }
    this.draw();
  }
}

/** Starts what is on the page, a piece at a time, so that it stays answerable. */
export async function startMap(stage) {
  const state = new LiveState(document.getElementById("live"));
  const countries = fetch(stage.dataset.countries).then((answer) => answer.json());
  sendAtOnce(document.getElementById("filters"));
  await pause();
  const map = new LiveMap(stage, await countries.catch(() => ({})), () => state.now());
  map.useColour(map.address.colour);
  await pause();
  await map.useView(map.address.view);
  await pause();
  map.usePart(document.getElementById("paths"));
  htmx.on("htmx:afterSwap", ({ detail }) => {
    if (detail.target.id === "paths") map.usePart(document.getElementById("paths"));
  });

  follow("/live/spots", {
    spot(spot) {
      state.heard(spot);
      map.hear(spot);
    },
    connected: () => state.connected(),
    lost: () => state.lost(),
    earlier: OLDEST,
  });
  setInterval(() => {
    map.lines.forget(state.now() - LONGEST - HOUR);
    if (map.isBroken) map.loadTime();
    else if (map.player.at === null) map.change();
  }, SLIDES);
}
