const SAVES = 1_500; // milliseconds after the last change

/** How the map is looked at, kept in the address and in the account. */
export class Address {
  /** `start` is how the server says it was; `form` has the token to save it with, and is not there for who may not. */
  constructor(start, form) {
    this.form = form;
    this.view = start.view;
    this.colour = start.colour;
    this.grid = start.grid;
    this.look = {
      zoom: Number(start.zoom) || 1,
      place: start.at ? start.at.split(",").map(Number) : null,
    };
    addEventListener("pagehide", () => this.timer && this.save());
  }

  useFilters(query) {
    this.filters = query;
    this.write();
  }

  /** `place` are the longitude and latitude of the middle. */
  keep({ view, colour, zoom, place }) {
    const isWhole = zoom < 1.01;
    const state = { view, colour, zoom: isWhole ? "" : zoom.toFixed(2) };
    state.at = isWhole || !place ? "" : place.map((degrees) => degrees.toFixed(2)).join(",");
    state.grid = this.grid;
    const text = JSON.stringify(state);
    if (text === this.text) return;
    const isFirst = this.text === undefined;
    Object.assign(this, { state, text });
    this.write();
    if (isFirst || !this.form) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), SAVES);
  }

  write() {
    if (this.filters === undefined || !this.state) return;
    const query = new URLSearchParams(this.filters);
    for (const [name, value] of Object.entries(this.state)) if (value) query.set(name, value);
    history.replaceState(history.state, "", `?${query}`);
  }

  save() {
    clearTimeout(this.timer);
    this.timer = null;
    const body = new FormData(this.form);
    for (const [name, value] of Object.entries(this.state)) body.set(name, value);
    fetch(this.form.action, { method: "POST", body, keepalive: true }).catch(() => null);
  }
}
