import "../shared/page.js";
import { startMap } from "../map/map.js";

// What is there without the map is painted first.
requestAnimationFrame(() => setTimeout(() => startMap(document.getElementById("stage"))));
