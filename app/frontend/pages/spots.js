import "../shared/page.js";
import { follow } from "../shared/feed.js";
import { SpotTable } from "../shared/table.js";
import { submitOnChange } from "../shared/filters.js";
import { LiveState } from "../shared/state.js";

const clock = document.getElementById("clock");
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
