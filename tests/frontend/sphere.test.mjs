import assert from "node:assert/strict";
import test from "node:test";
import { arc, middleOf, vector, way } from "../../app/frontend/map/sphere.js";

const near = (value, wanted, by = 1e-9) => assert.ok(Math.abs(value - wanted) <= by, `${value} is not ${wanted}`);

test("what is no locator is nowhere", () => {
  for (const text of [null, undefined, "", "JN", "ZZ99", "03JN", "J"]) assert.equal(middleOf(text), null);
  assert.deepEqual(middleOf("jn03"), [1, 43.5]);
});

test("a great circle lies on the sphere and halves the way", () => {
  const [start, end] = [vector([-74, 40.7]), vector([139.7, 35.7])];
  const points = arc(start, end);
  const count = points.length / 3;
  const part = (n) => [...points.slice(3 * n, 3 * n + 3)];
  for (let n = 0; n < count; n++) near(Math.hypot(...part(n)), 1);
  for (let axis = 0; axis < 3; axis++) {
    near(part(0)[axis], start[axis]);
    near(part(count - 1)[axis], end[axis]);
  }
  const angle = (a, b) => Math.acos(a.reduce((sum, each, axis) => sum + each * b[axis], 0));
  const steps = Array.from({ length: count - 1 }, (_, n) => angle(part(n), part(n + 1)));
  for (const step of steps) near(step, angle(start, end) / (count - 1), 1e-6);
});

test("a way within a place, or to the opposite one, has no direction to fail on", () => {
  assert.equal(way([10, 50], [10, 50]).bearing, null);
  assert.equal(arc(vector([10, 50]), vector([10, 50])).length, 6);
  for (const coordinate of arc(vector([10, 50]), vector([-170, -50]))) assert.ok(Number.isFinite(coordinate));
});
