import assert from "node:assert/strict";
import test from "node:test";
import { Azimuthal, World, project } from "../../app/frontend/map/projections.js";
import { arc, vector, way } from "../../app/frontend/map/sphere.js";

const CENTRES = [[11, 48.5], [-58, -34.6], [170, 0], [-179.9, 65]];
const PLACES = [[0, 0], [100, 30], [-70, -20], [179.5, 60], [-120, 80], [15, -75], [11.2, 48.4]];

const near = (value, wanted, by) => assert.ok(Math.abs(value - wanted) <= by, `${value} is not ${wanted}`);

for (const centre of CENTRES) {
  test(`points and land fit together, seen from ${centre}`, () => {
    for (const projection of [new Azimuthal(centre), new World(centre)]) {
      for (const place of PLACES) {
        const point = [0, 0];
        projection.put(...vector(place), point, 0);
        const wanted = projection.sphere(place);
        near(point[0], wanted[0], 1e-6);
        near(point[1], wanted[1], 1e-6);
        const back = vector(projection.placeAt(...point));
        vector(place).forEach((each, axis) => near(back[axis], each, 1e-4));
      }
    }
  });

  test(`distance and direction are true, seen from ${centre}`, () => {
    for (const place of PLACES) {
      const point = [0, 0];
      new Azimuthal(centre).put(...vector(place), point, 0);
      const { km, bearing } = way(centre, place);
      near(Math.hypot(...point) * 6371, km, 1);
      near(Math.abs((((Math.atan2(point[0], -point[1]) * 180) / Math.PI - bearing + 540) % 360) - 180), 0, 1e-3);
    }
  });
}

test("beyond the rim there is no place", () => {
  assert.equal(new Azimuthal([0, 0]).placeAt(3, 2), null);
  assert.equal(new World([0]).placeAt(0, 1.5), null);
});

test("a line over the edge of the world is torn there, and never drawn across", () => {
  const world = new World([0, 0]);
  const xy = project(arc(vector([150, 30]), vector([-150, 40])), world);
  assert.ok(xy.some(Number.isNaN));
  for (let n = 2; n < xy.length; n += 2) assert.ok(!(Math.abs(xy[n] - xy[n - 2]) > 1));
});

test("a line that bends much has points enough", () => {
  const azimuthal = new Azimuthal([11, 48.5]);
  const xy = project(arc(vector([-160, -30]), vector([-150, -60])), azimuthal);
  for (let n = 2; n < xy.length; n += 2) {
    assert.ok(!(Math.hypot(xy[n] - xy[n - 2], xy[n + 1] - xy[n - 1]) > 0.3));
  }
});
