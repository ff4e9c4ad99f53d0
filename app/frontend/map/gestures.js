const STILL = 6; // pixels; less is no drag
const SETTLES = 140; // milliseconds
const STEP = 60; // pixels of an arrow key

/** Turns what fingers, mouse, wheel and keys do on the canvas into movements of the camera, pointing and picking. */
export class Gestures {
  isMoving = false;
  #pointers = new Map();
  #settled;

  /** `moved` is called with every movement, `settled` after the last; `points` with pixels or null, `picks` with pixels. */
  constructor(canvas, camera, calls) {
    Object.assign(this, { canvas, camera, calls });
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, (event) => this.up(event));
    canvas.addEventListener("pointerleave", () => calls.points(null));
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    canvas.addEventListener("dblclick", (event) => this.zoom(2, event.offsetX, event.offsetY));
    canvas.addEventListener("keydown", (event) => this.key(event));
  }

  down(event) {
    this.canvas.setPointerCapture(event.pointerId);
    this.#pointers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
    this.start = { x: event.offsetX, y: event.offsetY };
    this.dragged = this.#pointers.size > 1;
  }

  move(event) {
    const at = { x: event.offsetX, y: event.offsetY };
    const before = this.#pointers.get(event.pointerId);
    if (!before) {
      if (event.pointerType === "mouse") this.calls.points(at);
      return;
    }
    this.dragged ||= Math.hypot(at.x - this.start.x, at.y - this.start.y) > STILL;
    if (!this.dragged) return;
    const others = [...this.#pointers].filter(([id]) => id !== event.pointerId).map(([, other]) => other);
    this.#pointers.set(event.pointerId, at);
    if (others.length) {
      const [other] = others;
      const factor = Math.hypot(at.x - other.x, at.y - other.y) / (Math.hypot(before.x - other.x, before.y - other.y) || 1);
      this.camera.zoomBy(factor, (at.x + other.x) / 2, (at.y + other.y) / 2);
      this.camera.pan((at.x - before.x) / 2, (at.y - before.y) / 2);
    } else {
      this.camera.pan(at.x - before.x, at.y - before.y);
    }
    this.moved();
  }

  up(event) {
    if (!this.#pointers.delete(event.pointerId) || this.dragged || event.type === "pointercancel") return;
    this.calls.picks({ x: event.offsetX, y: event.offsetY, isFinger: event.pointerType !== "mouse" });
  }

  wheel(event) {
    event.preventDefault();
    this.zoom(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.002)), event.offsetX, event.offsetY);
  }

  key(event) {
    const pan = { ArrowLeft: [STEP, 0], ArrowRight: [-STEP, 0], ArrowUp: [0, STEP], ArrowDown: [0, -STEP] }[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (pan) this.camera.pan(...pan);
    else if (event.key === "+" || event.key === "=") this.camera.zoomBy(1.5);
    else if (event.key === "-") this.camera.zoomBy(1 / 1.5);
    else if (event.key === "0") this.camera.lookAt(0, 0, 1);
    else return;
    event.preventDefault();
    this.moved();
  }

  zoom(factor, x, y) {
    this.camera.zoomBy(factor, x, y);
    this.moved();
  }

  moved() {
    this.isMoving = true;
    clearTimeout(this.#settled);
    this.#settled = setTimeout(() => {
      this.isMoving = false;
      this.calls.settled();
    }, SETTLES);
    this.calls.moved();
  }
}
