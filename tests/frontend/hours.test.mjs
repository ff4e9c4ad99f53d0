import assert from "node:assert/strict";
import test from "node:test";
import { Hours } from "../../app/frontend/map/hours.js";

const HOUR = Date.UTC(2026, 10, 26, 15);
const at = (minutes) => HOUR + 60_000 * minutes;

test("paths of unknown places are told of the time that is shown", async () => {
  globalThis.document = { documentElement: { dataset: { made: at(180) / 1000 } } };
  const unplaced = { "2026-11-26T15": [[27, 10], [59]], "2026-11-26T16": [[4]] };
  globalThis.fetch = async (address) => ({
    ok: true,
    json: async () => ({ left_out: 0, unplaced: unplaced[new URLSearchParams(address.split("?")[1]).get("hour")] }),
  });
  const hours = new Hours("/map/paths", async () => {});
  hours.use("");
  await hours.load(HOUR, at(90));
  for (const [from, to, number] of [[12, 27, 1], [12, 26, 0], [9, 12, 1], [28, 45, 0], [55, 70, 2], [0, 90, 3]]) {
    assert.equal(hours.missing(at(from), at(to)).unplaced, number, `${from} to ${to}`);
  }
});
