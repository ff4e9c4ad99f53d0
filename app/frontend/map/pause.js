const BUSY = 8; // milliseconds, after which what is waiting gets its turn

/** Lets the browser paint and listen. */
export const pause = () => globalThis.scheduler?.yield?.() ?? new Promise((resolve) => setTimeout(resolve));

/** Does `work` with each of the things, and lets others have a turn in between; false when `isOff` told to stop. */
export async function each(things, work, isOff = () => false) {
  let since = performance.now();
  for (const thing of things) {
    work(thing);
    if (performance.now() - since < BUSY) continue;
    await pause();
    if (isOff()) return false;
    since = performance.now();
  }
  return true;
}
