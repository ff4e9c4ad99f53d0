// Prints where the Sun stands overhead at each of the moments, in milliseconds, in a file.
import { readFileSync } from "node:fs";
import { subsolar } from "../../app/frontend/map/night.js";

console.log(JSON.stringify(JSON.parse(readFileSync(process.argv[2])).map(subsolar)));
