import { geoGraticule10, geoPath } from "d3-geo";
import { feature } from "topojson-client";
import topology from "world-atlas/land-110m.json";
import { pause } from "./pause.js";

const land = feature(topology, topology.objects.land).features.flatMap(({ geometry }) => geometry.coordinates);

/** Land and the net of meridians in units of the projection, as paths to be filled and stroked. */
export async function earthBy(projection) {
  const earth = { sphere: outline(projection, { type: "Sphere" }), net: outline(projection, geoGraticule10()), land: new Path2D() };
  for (const coordinates of land) {
    earth.land.addPath(outline(projection, { type: "Polygon", coordinates }));
    if (coordinates[0].length > 100) await pause();
  }
  return earth;
}

/** Of GeoJSON, as a path in units of the projection. */
export function outline({ sphere }, object) {
  const path = new Path2D();
  geoPath(sphere, path)(object);
  return path;
}
