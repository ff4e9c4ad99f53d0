const SAID = 3_000;

/**
 * Rows of spots that can be selected: with a click or Tab, then with keys. They hold only while a row or
 * something in it has the focus, so that they are in nobody's way, and copy the frequency.
 */
export class Rows {
  /** `search` is where / goes, `keys` the dialog that tells of them, `said` what is spoken. */
  constructor(main, { search, keys, said }) {
    this.search = search;
    this.keys = keys;
    this.said = said;
    main.addEventListener("keydown", (event) => this.press(event));
    main.addEventListener("click", (event) => this.click(event));
  }

  /** Makes one row of the table reachable by Tab, the first one while none is selected. */
  prepare(table) {
    const first = table.tBodies[0]?.rows[0];
    if (table.contains(document.activeElement) || this.stop === first || !first?.dataset.id) return;
    if (this.stop) this.stop.tabIndex = -1;
    this.stop = first;
    first.tabIndex = 0;
  }

  click(event) {
    const row = event.target.closest("tr[data-id]");
    if (event.target.closest(".copy")) this.copy(row);
    else if (event.target.closest(".keys")) this.keys.showModal();
    else if (row && event.pointerType !== "touch" && !event.target.closest("a") && getSelection().isCollapsed) {
      this.select(row);
    }
  }

  press(event) {
    const row = event.target.closest("tr[data-id]");
    if (!row || event.ctrlKey || event.altKey || event.metaKey) return;
    const action = {
      j: () => this.select(neighbour(row, "nextElementSibling", 0)),
      k: () => this.select(neighbour(row, "previousElementSibling", -1)),
      Enter: event.target === row ? () => row.querySelector(".time a").click() : null,
      c: () => this.copy(row),
      "/": () => this.search.select(),
      "?": () => this.keys.showModal(),
      Escape: () => document.activeElement.blur(),
    }[{ ArrowDown: "j", ArrowUp: "k" }[event.key] ?? event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }

  select(row) {
    if (!row?.dataset.id) return;
    if (this.stop) this.stop.tabIndex = -1;
    this.stop = row;
    row.tabIndex = 0;
    row.focus();
  }

  async copy(row) {
    const field = row.querySelector(".copy");
    const text = field.textContent;
    const copied = await navigator.clipboard.writeText(text).then(() => true, () => copyOldWay(field));
    this.say(copied ? `${text} kHz copied` : `${text} kHz is marked: copy it with the browser`);
  }

  say(text) {
    this.said.textContent = text;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => (this.said.textContent = ""), SAID);
  }
}

/** In the row's own body or the one beyond. */
function neighbour(row, way, end) {
  return row[way] ?? [...(row.parentNode[way]?.rows ?? [])].at(end);
}

/** Without the right to use the clipboard: what is marked is copied, or else stays marked. */
function copyOldWay(field) {
  getSelection().selectAllChildren(field);
  const copied = document.execCommand("copy");
  if (copied) getSelection().removeAllRanges();
  return copied;
}
