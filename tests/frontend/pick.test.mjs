import assert from "node:assert/strict";
import test from "node:test";
import { Index, distanceTo } from "../../app/frontend/map/pick.js";

const line = (...xy) => ({ xy: Float32Array.from(xy) });

test("the nearest line is found, and none that is too far", () => {
  const [level, steep] = [line(-1, 0, 1, 0), line(0.5, -1, 0.5, 1)];
  const index = new Index([level, steep]);
  assert.equal(index.nearest(-0.4, 0.01, 0.05), level);
  assert.equal(index.nearest(0.52, 0.6, 0.05), steep);
  assert.equal(index.nearest(-0.4, 0.2, 0.05), null);
});

test("of lines that lie on each other it is the one whose end is near", () => {
  const [long, short] = [line(0, 0, 2, 0), line(0, 0, 1, 0)];
  const index = new Index([long, short]);
  assert.equal(index.nearest(1, 0.001, 0.05), short);
  assert.equal(index.nearest(1.99, 0.001, 0.05), long);
});

test("a torn line is not there where it is torn", () => {
  const torn = line(-1, 0, -0.5, 0, NaN, NaN, 0.5, 0, 1, 0);
  assert.equal(new Index([torn]).nearest(0, 0, 0.1), null);
  assert.equal(new Index([torn]).nearest(0.75, 0, 0.1), torn);
  assert.equal(distanceTo(torn.xy, 0, 0), 0.5);
});

test("the index finds what looking at every line finds", () => {
  let seed = 5;
  const draw = () => ((seed = (seed * 16807) % 2147483647) / 2147483647) * 4 - 2;
  const lines = Array.from({ length: 200 }, () => line(draw(), draw(), draw(), draw(), draw(), draw()));
  const index = new Index(lines);
  for (let n = 0; n < 200; n++) {
    const [x, y, reach] = [draw(), draw(), 0.08];
    const least = Math.min(...lines.map(({ xy }) => distanceTo(xy, x, y)));
    const found = index.nearest(x, y, reach);
    if (least < reach * 0.97) assert.ok(found && distanceTo(found.xy, x, y) <= least + reach * 0.02);
    else if (least > reach) assert.equal(found, null);
  }
});
