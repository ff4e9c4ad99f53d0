const RETRY = 3_000;
const AWAY = 9 * 60_000; // nginx may have kept all of it, but nobody wants to see so many pass by
const COVERED = 25_000; // what came in so much time is among the 5,000 spots that nginx keeps, whatever goes on

/**
 * Follows the live spots from the moment for which the page was made, or so many seconds `earlier`, and does not give up.
 *
 * After a break all spots of the last one's second are asked for once more. Where another comes first nginx has begun
 * anew, or has forgotten the last one and perhaps others behind it: unless the break was short the page comes anew. So
 * it does for whoever was away for long.
 */
export function follow(address, { spot, connected, lost, earlier = 0 }) {
  let from = document.documentElement.dataset.made - 1 - earlier; // the second that is asked for, and what is behind
  // What was said in that second and the one before: nginx that was restarted may give others the same names.
  let [known, before] = [new Set(), new Set()];
  let heard = Date.now();
  let source;
  let gone = 0;

  const open = () => {
    let isWhole = true;
    // As nchan names messages: by the second, and a number in it.
    source = new EventSource(`${address}?last_event_id=${from - 1}:0`);
    source.onopen = () => {
      if (gone && Date.now() - gone > AWAY) return reload();
      isWhole = !gone || Date.now() - heard < COVERED;
      gone = 0;
      connected();
    };
    source.addEventListener("spot", ({ lastEventId: id, data }) => {
      const isKnown = known.has(data) || before.has(data);
      if (!isKnown && !isWhole) return reload();
      isWhole = true;
      heard = Date.now();
      if (isKnown) return;
      const second = Number.parseInt(id);
      if (second !== from) [before, known] = [second === from + 1 ? known : new Set(), new Set()];
      from = second;
      known.add(data);
      spot(JSON.parse(data));
    });
    source.onerror = () => {
      source.close();
      gone ||= Date.now();
      lost();
      setTimeout(reopen, RETRY);
    };
  };

  /** Looks at the sign-in first: an answer that is no stream says nothing. */
  const reopen = async () => {
    const answer = await fetch("/auth/check").catch(() => null);
    if (answer?.status === 401) location.reload();
    else open();
  };

  const reload = () => {
    source.close();
    location.reload();
  };

  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (event) => event.persisted && location.reload());
  open();
}
