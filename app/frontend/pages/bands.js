import "../shared/page.js";
import htmx from "../shared/htmx.js";
import { followPointer } from "../shared/chart-tip.js";
import { Waterfall } from "../shared/chart-waterfall.js";

document.getElementById("main").classList.add("immediate");
followPointer();

let waterfall;
const draw = () => {
  waterfall?.stop();
  waterfall = new Waterfall(document.querySelector(".waterfall canvas"));
};
htmx.on("htmx:afterSwap", draw);
draw();
