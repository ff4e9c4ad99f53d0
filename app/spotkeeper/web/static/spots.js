import { follow } from "./feed.js";
import { SpotTable } from "./table.js";
import { startClock } from "./times.js";
import { submitOnChange } from "./filters.js";
import { LiveState } from "./state.js";

const clock = document.getElementById("clock");
startClock(clock);
submitOnChange(document.getElementById("filters"));

const filters = JSON.parse(document.getElementById("filters").dataset.filters);
const table = new SpotTable(document.querySelector("table.spots"), filters, clock.dataset.zone);
const state = new LiveState(document.getElementById("live"));

follow("/live/spots", {
  spot(spot) {
    state.heard(spot);
    table.add(spot);
  },
  connected: () => state.connected(),
  lost: () => state.lost(),
});
