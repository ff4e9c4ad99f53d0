import "../shared/page.js";
import htmx from "../shared/htmx.js";
import { follow } from "../shared/feed.js";
import { LiveState } from "../shared/state.js";
import { age, clockTime } from "../shared/times.js";
import { whereIAm } from "../shared/where.js";

const EVERY = 45_000;
const AT_LEAST = 15_000; // between two looks, however many spots come
const DEBOUNCE = 3_000;
const KEPT = 15_000; // so old is what the server has at hand
const TOO_OLD = 150_000;
const VOICE = new Set(["SSB", "AM", "FM", "C4FM", "DMR", "D-STAR", "FREEDV", "M17"]);

const board = document.getElementById("board");
const banner = document.getElementById("silent");
const last = document.getElementById("last");
let looked = performance.now();
let answered = looked;
let soon;
let isSecond = false;
let wasStale = board.hasAttribute("data-stale");

const state = new LiveState(document.getElementById("live"), show);

/** The banner, and whether the tiles may look fresh. */
function show() {
  let silence = state.silence();
  if (!silence && answered < looked && performance.now() - answered > TOO_OLD) {
    const until = new Date(board.querySelector("[data-until]").dataset.until);
    silence = `The server has not answered since ${clockTime(until, "UTC")} UTC.`;
  }
  board.toggleAttribute("data-stale", Boolean(silence));
  const words = silence ? `${silence} This is what was open then.` : "";
  if (banner.textContent.trim() !== words) banner.textContent = words;
  banner.hidden = !silence;
  for (const time of board.querySelectorAll(".voices time")) time.textContent = age(new Date(time.dateTime), state.now());
  if (wasStale && !silence) look();
  wasStale = Boolean(silence);
}

/** Asks for the tiles, unless there is no line to ask over. */
function look() {
  clearTimeout(soon);
  soon = undefined;
  if (!state.isOpen) return;
  looked = performance.now();
  htmx.trigger(board, "refresh");
}

function lookSoon(earliest = looked + AT_LEAST) {
  const wait = Math.max(DEBOUNCE, earliest - performance.now());
  // Not all dashboards at once.
  soon ??= setTimeout(look, wait + Math.random() * DEBOUNCE);
}

board.addEventListener("htmx:beforeSwap", ({ detail }) => {
  // At an error what is there stays, and show() tells how old it is.
  detail.shouldSwap = detail.xhr.status === 200 && detail.xhr.responseText.includes("data-until");
});
let isOpen = false;
board.addEventListener("htmx:beforeSwap", () => (isOpen = document.getElementById("others")?.open));
board.addEventListener("htmx:afterSwap", () => {
  answered = performance.now();
  if (isOpen) document.getElementById("others").open = true;
  // Whoever comes first for some time is given an old sum, while a fresh one is made.
  isSecond = !isSecond && Number(board.querySelector("[data-age]").dataset.age) * 1000 > KEPT;
  if (isSecond) lookSoon(0);
  show();
});

// Each dashboard at its own moment.
setInterval(() => {
  if (document.visibilityState === "visible" && performance.now() - looked > EVERY) look();
}, 5_000 + Math.random() * 1_000);
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible" && performance.now() - looked > EVERY) look();
});

follow("/live/spots", {
  spot(spot) {
    state.heard(spot);
    last.textContent = `${spot.frequency_khz.toFixed(1)} ${spot.dx} by ${spot.spotter}`;
    touch(spot);
  },
  connected: () => state.connected(),
  lost: () => state.lost(),
});

/** A tile lights up for a voice, and is asked for anew if that may open it. */
function touch({ band, mode, frequency_khz: khz }) {
  const isFm = khz >= 29_500 && khz <= 29_700;
  if (!VOICE.has(mode) && !isFm) return;
  const tile = board.querySelector(`[data-tile="${isFm ? "10m-fm" : band}"]`);
  if (!tile) return;
  tile.classList.remove("touched");
  requestAnimationFrame(() => tile.classList.add("touched"));
  if (tile.dataset.verdict !== "open") lookSoon();
}

const where = document.getElementById("where");
if ("geolocation" in navigator) {
  where.hidden = false;
  where.addEventListener("click", async () => {
    where.disabled = true;
    const field = document.getElementById("grid");
    try {
      field.value = await whereIAm();
      field.form.requestSubmit();
    } catch (words) {
      where.textContent = words;
    }
    where.disabled = false;
  });
}
