import { clockTime } from "../shared/times.js";

const MINUTE = 60_000;
const DAY = 24 * 60;
const SPEED = 48; // minutes of the map in a second: a day in half a minute
const CALM_STEP = 30; // minutes, where motion is not wanted: a still picture every second and a half

/** The time that the map shows: now, which goes on, or one of the last 24 hours, moved by the slider or played. */
export class Player {
  /** Milliseconds; null for now. */
  at = null;
  isPlaying = false;
  #last;

  /** `element` holds the slider and the buttons, `clock` tells the time; `changed` is called when it is another one. */
  constructor(element, clock, changed) {
    const [slider, play, now] = ["slider", "play", "now"].map((name) => element.querySelector(`[data-part=${name}]`));
    Object.assign(this, { slider, play, now, clock, changed });
    this.isCalm = matchMedia("(prefers-reduced-motion: reduce)");
    slider.addEventListener("input", () => {
      this.stop();
      this.set(slider.valueAsNumber < 0 ? this.clock() + slider.valueAsNumber * MINUTE : null);
    });
    play.addEventListener("click", () => (this.isPlaying ? this.stop() : this.start()));
    now.addEventListener("click", () => {
      this.stop();
      this.set(null);
    });
    this.show();
  }

  get time() {
    return this.at ?? this.clock();
  }

  start() {
    this.isPlaying = true;
    this.#last = performance.now();
    if (this.at === null) this.at = this.clock() - DAY * MINUTE;
    this.show();
    this.changed();
  }

  stop() {
    this.isPlaying = false;
    this.show();
  }

  set(time) {
    this.at = time;
    this.show();
    this.changed();
  }

  /** Goes on by what has passed since the last frame; to be called for each while it plays. */
  tick() {
    const passed = (performance.now() - this.#last) / 1000;
    if (this.isCalm.matches && passed < 1.5) return;
    this.#last = performance.now();
    const time = this.at + (this.isCalm.matches ? CALM_STEP : Math.min(passed, 0.25) * SPEED) * MINUTE;
    if (time < this.clock()) return this.set(time);
    this.stop();
    this.set(null);
  }

  /** While what is to be shown is not there yet. */
  wait() {
    this.#last = performance.now();
  }

  show() {
    const before = this.slider.value;
    this.slider.value = Math.round(Math.min(0, (this.time - this.clock()) / MINUTE));
    if (this.slider.value !== before) {
      this.slider.ariaValueText = this.at === null ? "now" : `${clockTime(new Date(this.time), "UTC")} UTC`;
    }
    this.play.dataset.state = this.isPlaying ? "playing" : "";
    this.play.ariaLabel = this.isPlaying ? "Pause" : "Play the last 24 hours";
    this.now.hidden = this.at === null;
  }
}
