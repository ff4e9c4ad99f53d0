import "../shared/page.js";
import htmx from "../shared/htmx.js";
import { follow } from "../shared/feed.js";
import { sendAtOnce } from "../shared/filters.js";
import { Rows } from "../shared/rows.js";
import { LiveState } from "../shared/state.js";
import { SpotTable } from "../shared/table.js";

const COUNTED = 60_000; // once in so much time the page is told how many spots there are
const REMEMBERED = 10_000; // so long a spot may have come while the server looked for others

const byId = (id) => document.getElementById(id);
const state = new LiveState(byId("live"));
const rows = new Rows(byId("main"), { search: byId("dx_prefix"), keys: byId("keys"), said: byId("said") });
const heard = [];
let table;

function show() {
  table?.close();
  table = new SpotTable(byId("found"), heard.map(({ spot }) => spot), () => state.now());
  rows.prepare(table.table);
  byId("found").querySelector(".keys").hidden = false;
}

sendAtOnce(byId("filters"));
show();
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
    heard.push({ spot, at: Date.now() });
    while (heard[0].at < Date.now() - REMEMBERED) heard.shift();
    state.heard(spot);
    table.add(spot);
    rows.prepare(table.table);
  },
  connected: () => state.connected(),
  lost: () => state.lost(),
});
