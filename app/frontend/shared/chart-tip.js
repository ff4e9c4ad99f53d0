const tip = document.createElement("p");
tip.className = "tip";
tip.hidden = true;

/** Says beside the pointer, or above the finger, what a column or cell of a chart stands for. */
export function followPointer() {
  document.body.append(tip);
  for (const type of ["pointermove", "pointerdown"]) addEventListener(type, follow);
  addEventListener("scroll", hide, { passive: true });
}

/** Shows the text there, in pixels of the window. */
export function show(text, x, y) {
  tip.textContent = text;
  tip.hidden = false;
  const { width, height } = tip.getBoundingClientRect();
  tip.style.setProperty("left", `${Math.max(8, Math.min(x + 12, innerWidth - width - 8))}px`);
  tip.style.setProperty("top", `${y - height - 14 < 8 ? y + 22 : y - height - 14}px`);
}

export function hide() {
  tip.hidden = true;
}

function follow({ target, clientX, clientY }) {
  if (target.closest("canvas")) return; // says it itself
  const text = textOf(target);
  if (text) show(text, clientX, clientY);
  else hide();
}

function textOf(target) {
  const column = target.closest(".hit");
  if (column) return (column.dataset.text ??= takeTitle(column));
  const cell = target.closest(".heat tbody td");
  if (!cell) return "";
  const hour = cell.cellIndex - 1;
  const { of, per } = cell.closest("table").dataset;
  const band = cell.parentElement.cells[0].textContent;
  const where = of ? `${of}, ${band}` : band;
  const spots = cell.textContent === "1" ? "spot" : "spots";
  const count = `${cell.textContent} ${spots}${per ? ` ${per}` : ""}`;
  return `${where}, ${two(hour)}–${two((hour + 1) % 24)} UTC: ${count}`;
}

/** The browser would show it a second time. */
function takeTitle(column) {
  const title = column.querySelector("title");
  title.remove();
  return title.textContent;
}

const two = (number) => String(number).padStart(2, "0");
