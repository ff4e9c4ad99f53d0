import "../shared/trusted.js";
import { age, clockTime } from "../shared/times.js";
import { whereIAm } from "../shared/where.js";

const KEPT = "car";
const EVERY = 30_000;
const PATIENCE = 15_000;
const FRESH = 90_000;
const SILENT = 6 * 60_000;
const SIGNED_OUT = "Signed out";

const freshness = document.getElementById("freshness");
const places = document.getElementById("where");
let facts = document.getElementById("facts");
// What was kept says that it is stale, and by how many milliseconds this device's clock was before the server's.
let ahead = Number(facts.dataset.ahead ?? Date.now() - new Date(facts.dataset.now));
let trouble = document.documentElement.hasAttribute("data-stale") ? "Waiting for the server" : "";
let looks = 0;
let grid = new URLSearchParams(location.search).get("grid") ?? "";

/** What the page says about itself: whether it is of this moment, and if not, how old and why. */
function show() {
  const now = Date.now() - ahead;
  const until = new Date(facts.dataset.until);
  const newest = facts.dataset.newest ? new Date(facts.dataset.newest) : null;
  // A clock that was put back since then cannot tell how long ago it was.
  const isAhead = until - now > FRESH;
  const when = (time) => (isAhead ? `${clockTime(time, "UTC")} UTC` : age(time, now));
  let words;
  let isStale = true;
  if (isAhead || now - until > FRESH) {
    words = `Last known, ${when(until)}${trouble ? `. ${trouble}` : ""}`;
  } else if (!newest || until - newest > SILENT) {
    words = newest ? `No spot since ${clockTime(newest, "UTC")} UTC` : "No spot has come yet";
  } else {
    isStale = Boolean(trouble);
    words = trouble || `Live, last spot ${age(newest, now)}`;
  }
  document.documentElement.toggleAttribute("data-stale", isStale);
  if (freshness.textContent !== words) freshness.textContent = words;
  for (const time of facts.querySelectorAll("time")) time.textContent = when(new Date(time.dateTime));
}

/** Brings the page anew, shows its facts, and keeps it for when there is no link. */
async function look() {
  const number = ++looks;
  const address = grid ? `/car?grid=${encodeURIComponent(grid)}` : "/car";
  let copy;
  try {
    const answer = await fetch(address, { redirect: "manual", signal: AbortSignal.timeout(PATIENCE) });
    const text = await answer.text();
    if (number !== looks) return; // it was asked for another grid since
    trouble = answer.type === "opaqueredirect" ? SIGNED_OUT : answer.ok ? "" : "The server is away";
    if (answer.ok) {
      const page = new DOMParser().parseFromString(text, "text/html");
      const fresh = page.getElementById("facts");
      ahead = fresh.dataset.ahead = Date.now() - new Date(fresh.dataset.now);
      page.documentElement.toggleAttribute("data-stale", true);
      copy = new Response(`<!doctype html>${page.documentElement.outerHTML}`, answer);
      facts.replaceWith(fresh);
      facts = fresh;
    }
  } catch {
    if (number !== looks) return;
    trouble = "No link";
  }
  document.getElementById("sign-in").hidden = trouble !== SIGNED_OUT;
  show();
  try {
    if (trouble === SIGNED_OUT) await caches.delete(KEPT);
    if (copy) await keep(copy);
  } catch {
    // A browser may refuse to keep anything, as in a private window or without space.
  }
}

/** The page and what it is made of; what belonged to an older release goes. */
async function keep(answer) {
  const cache = await caches.open(KEPT);
  await cache.put("/car", answer);
  const parts = [...document.querySelectorAll("link[rel=stylesheet], link[rel=icon], script[src]")].map(
    (part) => part.href || part.src,
  );
  for (const { url } of await cache.keys()) {
    if (url.includes("/static/") && !parts.includes(url)) await cache.delete(url);
  }
  for (const part of parts) if (!(await cache.match(part))) await cache.add(part);
}

function speak() {
  const words = document.documentElement.hasAttribute("data-stale") ? `${freshness.textContent}. ` : "";
  const said = new SpeechSynthesisUtterance(words + facts.dataset.spoken);
  said.lang = "en";
  speechSynthesis.cancel();
  speechSynthesis.speak(said);
}

async function useWhereIAm() {
  try {
    grid = await whereIAm();
    places.setAttribute("aria-pressed", "true");
    await look();
  } catch (words) {
    places.textContent = words;
  }
}

if ("speechSynthesis" in window) {
  const button = document.getElementById("speak");
  button.hidden = false;
  button.addEventListener("click", speak);
}
if ("geolocation" in navigator) {
  places.hidden = false;
  places.addEventListener("click", useWhereIAm);
  // Who allowed it once is not asked again.
  navigator.permissions?.query({ name: "geolocation" }).then(({ state }) => state === "granted" && useWhereIAm());
}

setInterval(show, 5_000);
setInterval(() => document.visibilityState === "visible" && look(), EVERY);
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && look());
addEventListener("online", look);
show();
look();
// A browser refuses where it does not trust the certificate: then the page needs a link to open.
navigator.serviceWorker?.register("/car/worker.js", { scope: "/car" }).catch(() => {});
