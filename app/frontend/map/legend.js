/** What the colours mean, with how many lines have each; a click on one hides its lines, another shows them. */
export class Legend {
  hidden = new Set();
  keys = new Map();

  constructor(element, onToggle) {
    this.element = element;
    this.onToggle = onToggle;
    element.addEventListener("click", ({ target }) => {
      const key = target.closest("button");
      if (key) this.toggle(key);
    });
  }

  toggle(key) {
    const isShown = key.ariaPressed === "false";
    key.ariaPressed = String(isShown);
    if (isShown) this.hidden.delete(key.value);
    else this.hidden.add(key.value);
    this.onToggle();
  }

  /** Of another scheme nothing is hidden. */
  use(scheme) {
    this.hidden.clear();
    this.keys.clear();
    this.element.replaceChildren();
    for (const { name, label, attribute } of scheme.classes) {
      const key = document.createElement("button");
      Object.assign(key, { type: "button", className: "key", value: name, ariaPressed: "true", hidden: true });
      const swatch = document.createElement("i");
      swatch.dataset[attribute] = name;
      const count = document.createElement("span");
      count.className = "count";
      key.append(swatch, label, " ", count);
      this.element.append(key);
      this.keys.set(name, { key, count });
    }
  }

  show(counts) {
    for (const [name, { key, count }] of this.keys) {
      key.hidden = !counts[name] && !this.hidden.has(name);
      count.textContent = (counts[name] ?? 0).toLocaleString("en");
    }
  }
}
