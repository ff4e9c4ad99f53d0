import assert from "node:assert/strict";
import test from "node:test";
import { Lines } from "../../app/frontend/map/lines.js";
import { Azimuthal } from "../../app/frontend/map/projections.js";
import { newest, scene } from "../../app/frontend/map/scene.js";
import { scheme } from "../../app/frontend/map/schemes.js";

const HOUR = Date.UTC(2026, 10, 26, 15);
const at = (minutes) => HOUR + 60_000 * minutes;
const COUNTRIES = { 291: [-91.9, 37.5, "United States"], 227: [2, 46, "France"] };
const BAND = scheme("band", ["20m", "40m"]);

const told = (minute, slots, more = {}) => ({
  hour: HOUR / 1000,
  left_out: 0,
  unplaced: [],
  bands: ["20m"],
  modes: ["CW"],
  stations: {
    call: ["K1ABC", "F5AAA"], longitude: [-91.9, 1], latitude: [37.5, 43.5], by_grid: [0, 1], dxcc: [291, 227],
  },
  paths: {
    dx: [0], spotter: [1], minute: [minute], khz: [14025], band: [0], mode: [0], snr_db: [12], spots: [3],
    of_people: [0], slots: [slots], ...more,
  },
});
const message = (values) => ({
  time: new Date(at(50)).toISOString(), dx: "K1ABC", dx_grid: null, dx_dxcc: 291, spotter: "F5AAA", spotter_grid: "JN03",
  spotter_dxcc: 227, frequency_khz: 14026, band: "20m", mode: "CW", snr_db: null, source: "human", ...values,
});
const begin = () => new Lines(new Azimuthal([0, 45]), COUNTRIES);
const shown = (lines, from, to, hidden = new Set()) => scene(lines, at(from), at(to), BAND, hidden);

test("a path is shown at the times at which it was heard", async () => {
  const lines = begin();
  // Heard in the first and the third ten minutes, last at 15:25.
  await lines.take(told(25, 0b101));
  assert.equal(shown(lines, 0, 60).all.length, 1);
  assert.equal(shown(lines, 0, 60).all[0].time, at(25));
  assert.equal(shown(lines, 0, 12).all.length, 1);
  assert.equal(shown(lines, 11, 20).all.length, 0);
  assert.equal(shown(lines, 25, 60).all.length, 0);
});

test("what came live is on the path that is there, once", async () => {
  const lines = begin();
  await lines.take(told(25, 0b100));
  assert.ok(lines.add(message()));
  assert.equal(lines.add(message()), null);
  const { all } = shown(lines, 40, 60);
  assert.equal(all.length, 1);
  assert.deepEqual([all[0].spot.khz, all[0].spot.spots, all[0].spot.snr, all[0].spot.ofPeople], [14026, 4, 12, true]);
  assert.equal([...lines].length, 1);
});

test("what came live before the hour was told has the hour's sums", async () => {
  const lines = begin();
  lines.add(message({ snr_db: 5 }));
  await lines.take(told(50, 0b10000, { spots: [37], snr_db: [31] }));
  const [{ spot }] = shown(lines, 40, 60).all;
  assert.deepEqual([spot.khz, spot.spots, spot.snr, spot.ofPeople], [14026, 37, 31, true]);
});

test("a spot between unknown places is not drawn", () => {
  const lines = begin();
  assert.equal(lines.add(message({ dx_dxcc: null })), null);
  assert.equal(lines.add(message({ spotter_grid: null, spotter_dxcc: 999 })), null);
  assert.ok(lines.add(message({ dx_dxcc: null, dx_grid: "FN31pr" })));
});

test("an hour that is told again is not counted twice", async () => {
  const lines = begin();
  await lines.take(told(25, 0b100));
  await lines.take(told(35, 0b1100));
  assert.equal([...lines].length, 1);
  assert.equal(shown(lines, 0, 60).all[0].time, at(35));
});

test("what came live stays when an older picture of its hour comes after it", async () => {
  const lines = begin();
  lines.add(message());
  await lines.take(told(25, 0b100));
  assert.deepEqual([shown(lines, 0, 60).all[0].time, shown(lines, 0, 30).all[0].time], [at(50), at(25)]);
});

test("of one minute what came live stays", async () => {
  const lines = begin();
  lines.add(message({ dx: "K9LIVE" }));
  await lines.take(told(50, 0b100000));
  assert.equal(shown(lines, 0, 60).all[0].spot.dx.call, "K9LIVE");
});

test("what the legend hides is counted and not drawn", async () => {
  const lines = begin();
  await lines.take(told(25, 0b100));
  const { all, counts } = shown(lines, 0, 60, new Set(["20m"]));
  assert.deepEqual([all.length, counts], [0, { "20m": 1 }]);
});

test("of too many paths the newest are drawn", () => {
  const lines = begin();
  for (let n = 0; n < 3100; n++) {
    const square = `${"ABCDEFGHIJ"[Math.floor(n / 100) % 10]}${"ABCDEFGHIJ"[Math.floor(n / 1000)]}`;
    lines.add(message({ dx: `K${n}A`, dx_grid: `${square}${String(n % 100).padStart(2, "0")}`, time: new Date(at(n / 60)).toISOString() }));
  }
  const { all, left } = shown(lines, -1, 60);
  assert.equal(all.length, 3000);
  assert.equal(left, 100);
  assert.ok(newest(all).at(-1).time >= at(99 / 60));
});

test("old hours are forgotten", async () => {
  const lines = begin();
  await lines.take(told(25, 0b100));
  lines.forget(HOUR + 1);
  assert.equal([...lines].length, 0);
});

test("colours by age and by SNR", () => {
  const [age, snr] = [scheme("age", []), scheme("snr", [])];
  assert.deepEqual([0, 5, 6, 15, 16, 61].map((minutes) => age.of({ time: at(0) }, at(minutes))), ["0", "0", "1", "1", "2", "3"]);
  assert.deepEqual([35, 30, 29, 10, 9, -12, null].map((value) => snr.of({ spot: { snr: value } })), ["0", "0", "1", "2", "3", "3", "none"]);
});
