import "../shared/page.js";
import "../shared/htmx.js";
import { followPointer } from "../shared/chart-tip.js";

followPointer();
