// Prints for each of the locators in a file its middle and the way to it from 1° east, 43.5° north.
import { readFileSync } from "node:fs";
import { middleOf, way } from "../../app/frontend/map/sphere.js";

const locators = JSON.parse(readFileSync(process.argv[2]));
const found = locators.map((locator) => {
  const place = middleOf(locator);
  const { km, bearing } = way([1, 43.5], place);
  return [...place, km, bearing];
});
console.log(JSON.stringify(found));
