import { newest } from "./scene.js";
import { fill, wordsOf } from "./told.js";

const ROWS = 60;

/** The table below the map: the newest of the lines, each with a button that shows it on the map. */
export class List {
  constructor(callPage, pick) {
    Object.assign(this, { callPage, pick });
  }

  /** Takes over the table that the server has sent. */
  use(section) {
    this.section = section;
    [this.body] = section.querySelector("table").tBodies;
    this.row = section.querySelector("template").content.firstElementChild;
    this.summary = section.querySelector("[data-part=summary]");
    this.none = section.querySelector("[data-part=none]");
  }

  /** Nobody is told a row and loses it while reading. */
  get isRead() {
    return this.section.matches(":hover, :focus-within");
  }

  show({ all, left }, context, summary) {
    this.summary.textContent = summary;
    this.none.hidden = all.length > 0 || left > 0;
    this.body.replaceChildren(
      ...newest(all).slice(0, ROWS).map((shown) => {
        const row = this.row.cloneNode(true);
        fill(row, wordsOf(shown, context), this.callPage);
        row.querySelector("[data-field=band]").dataset.band = shown.line.band ?? "";
        const button = row.querySelector("button");
        button.ariaLabel = `Show ${shown.spot.dx.call} on the map`;
        button.addEventListener("click", () => this.pick(shown));
        return row;
      }),
    );
  }
}
