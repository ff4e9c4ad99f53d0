import "../shared/page.js";
import htmx from "../shared/htmx.js";
import { followPointer } from "../shared/chart-tip.js";
import { Waterfall } from "../shared/chart-waterfall.js";
import { sendAtOnce } from "../shared/filters.js";

let waterfall;

/** The form, with the charts in it, is another one after each choice. */
function show() {
  const form = document.getElementById("bands");
  sendAtOnce(form);
  form.addEventListener("htmx:afterRequest", ({ detail }) => {
    // The charts are still those of the choice before.
    if (!detail.successful) form.reset();
  });
  waterfall?.stop();
  waterfall = new Waterfall(form.querySelector(".waterfall canvas"));
  return form;
}

followPointer();
const form = show();
htmx.on("htmx:afterSwap", show);
// The address without a choice is the page as it was left last: going back leads to how it is now.
if (!location.search) history.replaceState(null, "", `?${new URLSearchParams(new FormData(form))}`);
