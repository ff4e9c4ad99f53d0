import { startClock } from "./times.js";

// High contrast is the account's choice, or else the wish of the system.
const root = document.documentElement;
if (root.dataset.contrast !== "more") {
  const wish = matchMedia("(prefers-contrast: more)");
  const show = () => (root.dataset.contrast = wish.matches ? "more" : "auto");
  wish.addEventListener("change", show);
  show();
}

const clock = document.getElementById("clock");
if (clock) startClock(clock);

// A menu closes when one looks elsewhere.
const menus = document.querySelectorAll("details.menu");
const close = (menu) => menu.removeAttribute("open");
addEventListener("click", ({ target }) => menus.forEach((menu) => menu.contains(target) || close(menu)));
addEventListener("keydown", ({ key }) => {
  if (key !== "Escape") return;
  for (const menu of menus) {
    if (menu.open && menu.contains(document.activeElement)) menu.querySelector("summary").focus();
    close(menu);
  }
});
