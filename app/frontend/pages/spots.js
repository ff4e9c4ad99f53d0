import "../shared/page.js";
import htmx from "../shared/htmx.js";
import { follow } from "../shared/feed.js";
import { sendAtOnce } from "../shared/filters.js";
import { Rows } from "../shared/rows.js";
import { LiveState } from "../shared/state.js";
import { SpotTable } from "../shared/table.js";

const COUNTED = 60_000; // once in so much time the page is told how many spots there are

const byId = (id) => document.getElementById(id);
const state = new LiveState(byId("live"));
const rows = new Rows(byId("main"), { search: byId("dx_prefix"), keys: byId("keys"), said: byId("said") });
let missed = null; // while others are looked for: what came since
let table;

function show() {
  table?.close();
  table = new SpotTable(byId("found"), missed ?? [], () => state.now());
  missed = null;
  rows.prepare(table.table);
  byId("found").querySelector(".keys").hidden = false;
}

sendAtOnce(byId("filters"));
show();
htmx.on("htmx:beforeRequest", ({ detail }) => {
  if (detail.target.id === "found") missed = [];
});
htmx.on("htmx:afterRequest", ({ detail }) => {
  if (detail.target.id === "found" && !detail.successful) missed = null;
});
htmx.on("htmx:load", ({ target }) => {
  if (target.id !== "found") return;
  show();
  byId("told").textContent = byId("summary").textContent;
});

setInterval(() => {
  const isSeen = document.visibilityState === "visible";
  if (isSeen && table.follows) htmx.ajax("GET", byId("found").dataset.counts, { swap: "none" }).catch(() => null);
}, COUNTED);

follow("/live/spots", {
  spot(spot) {
    missed?.push(spot);
    state.heard(spot);
    table.add(spot);
    rows.prepare(table.table);
  },
  connected: () => state.connected(),
  lost: () => state.lost(),
});
