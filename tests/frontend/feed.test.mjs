import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { follow } from "../../app/frontend/shared/feed.js";

const KEPT = 5_000;
const NOW = Date.UTC(2026, 10, 26, 15);

/** What nchan keeps and sends, and the pages that listen. */
class Nchan {
  messages = [];
  number = 0; // of messages so far
  sources = new Set();
  isAway = false;

  publish(number) {
    const second = Math.floor(Date.now() / 1000);
    for (let n = 0; n < number; n++) {
      const [time, tag] = this.messages.at(-1)?.lastEventId.split(":").map(Number) ?? [0, 0];
      const lastEventId = `${second}:${time === second ? tag + 1 : 0}`;
      const message = { lastEventId, data: JSON.stringify({ number: ++this.number }) };
      this.messages = [...this.messages, message].slice(-KEPT);
      for (const source of this.sources) source.hear(message);
    }
  }

  breakLines() {
    for (const source of [...this.sources]) source.fail();
  }

  restart() {
    this.breakLines();
    this.messages = [];
  }
}

/** As browsers have it, which come back by themselves unless it is closed. */
class EventSource {
  static CLOSED = 2;

  constructor(address) {
    this.after = new URLSearchParams(address.split("?")[1]).get("last_event_id");
    setImmediate(() => this.connect());
  }

  connect() {
    if (nchan.isAway) return this.fail();
    nchan.sources.add(this);
    this.onopen();
    for (const message of nchan.messages.filter(({ lastEventId }) => isBehind(lastEventId, this.after))) this.hear(message);
  }

  addEventListener(type, listener) {
    this.listener = listener;
  }

  hear(message) {
    if (!nchan.sources.has(this)) return;
    this.after = message.lastEventId;
    this.listener(message);
  }

  fail() {
    nchan.sources.delete(this);
    this.onerror();
    if (this.readyState !== EventSource.CLOSED) setTimeout(() => this.connect(), 3_000);
  }

  close() {
    this.readyState = EventSource.CLOSED;
    nchan.sources.delete(this);
  }
}

function isBehind(one, other) {
  const [time, tag] = one.split(":").map(Number);
  const [otherTime, otherTag] = other.split(":").map(Number);
  return time > otherTime || (time === otherTime && tag > otherTag);
}

let nchan;
let heard;
let reloads;

const settled = async () => {
  for (let n = 0; n < 5; n++) await new Promise(setImmediate);
};

async function pass(seconds) {
  for (let n = 0; n < seconds; n++) {
    mock.timers.tick(1_000);
    await settled();
  }
}

beforeEach(async () => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: NOW });
  nchan = new Nchan();
  [heard, reloads] = [[], 0];
  Object.assign(globalThis, {
    EventSource,
    document: { documentElement: { dataset: { made: NOW / 1000 } } },
    location: { reload: () => reloads++ },
    addEventListener: () => {},
    fetch: async () => ({ status: 204 }),
  });
  follow("/live/spots", { spot: ({ number }) => heard.push(number), connected: () => {}, lost: () => {} });
  await settled();
});

const upTo = (number) => Array.from({ length: number }, (_, n) => n + 1);

/** A break of so many seconds, in each of which so many spots come. */
async function away(seconds, spots) {
  nchan.isAway = true;
  nchan.breakLines();
  for (let n = 0; n < seconds; n++) {
    nchan.publish(spots);
    await pass(1);
  }
  nchan.isAway = false;
  await pass(5);
}

test("a line that breaks again and again goes on where it was", async () => {
  for (let n = 0; n < 5; n++) {
    nchan.publish(7);
    await away(20 * n, 3);
    await pass(2);
  }
  nchan.publish(1);
  assert.deepEqual(heard, upTo(nchan.number));
  assert.equal(reloads, 0);
});

test("the page comes anew when more came than are kept", async () => {
  nchan.publish(7);
  await away(300, 20);
  assert.deepEqual(heard, upTo(7));
  assert.equal(reloads, 1);
});

test("and when no more than one is lost, and the next is the first of its second", async () => {
  nchan.publish(1);
  await pass(1);
  nchan.publish(1);
  await pass(1);
  await away(50, 99);
  nchan.publish(1);
  assert.deepEqual([heard, reloads], [upTo(4_953), 0]);

  await pass(1);
  nchan.publish(1);
  await pass(1);
  nchan.isAway = true;
  nchan.breakLines();
  await pass(30);
  nchan.publish(1);
  await pass(1);
  nchan.publish(KEPT);
  nchan.isAway = false;
  await pass(5);
  assert.deepEqual([heard.length, reloads], [4_954, 1]);
});

test("the page comes anew when nobody knows what came before its first spot", async () => {
  await away(60, 100);
  assert.deepEqual([heard.length, reloads], [0, 1]);
});

test("a restart of nginx forgets spots and loses none: the page stays", async () => {
  nchan.publish(7);
  await pass(3);
  nchan.restart();
  await pass(5);
  nchan.publish(7);
  await pass(60);
  nchan.publish(1);
  assert.deepEqual(heard, upTo(15));
  assert.equal(reloads, 0);
});

test("a restart within a second names other spots as those before: they are no less new", async () => {
  for (const [before, after] of [[1, 1], [3, 2], [2, 5]]) {
    const known = nchan.number;
    nchan.publish(before);
    nchan.restart();
    nchan.publish(after);
    await pass(5);
    assert.deepEqual([heard, reloads], [upTo(known + before + after), 0]);
  }
});

test("a quiet feed is followed over a break, however short or long", async () => {
  nchan.publish(1);
  for (let n = 0; n < 4; n++) {
    await pass(200);
    await away(60, 0);
    nchan.publish(1);
  }
  assert.deepEqual(heard, upTo(5));
  assert.equal(reloads, 0);
});

test("whoever was away for long gets the page anew", async () => {
  nchan.publish(1);
  await away(600, 0);
  assert.equal(reloads, 1);
});
