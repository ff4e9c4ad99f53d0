const RETRY = 3_000;
const AWAY = 9 * 60_000; // nginx may have kept all of it, but nobody wants to see so many pass by
const COVERED = 25_000; // what came in so much time is among the 5,000 spots that nginx keeps, whatever goes on

/**
 * Follows the live spots from the moment for which the page was made, or so many seconds `earlier`, and does not give up.
 *
 * After a break the last spot is asked for once more. Where another comes first nginx has begun anew, or has forgotten
 * the last one and perhaps others behind it: unless the break was short the page comes anew. So it does for whoever was
 * away for long.
 */
export function follow(address, { spot, connected, lost, earlier = 0 }) {
  // As nchan names messages: by the second, and a number in it. All of the second before is asked for.
  let before = `${document.documentElement.dataset.made - 2 - earlier}:0`;
  let last = null;
  let known; // what the last one said: nginx that was restarted may give another the same name
  let heard = Date.now();
  let source;
  let gone = 0;

  const open = () => {
    let isWhole = true;
    source = new EventSource(`${address}?last_event_id=${before}`);
    source.onopen = () => {
      if (gone && Date.now() - gone > AWAY) return reload();
      isWhole = !gone || Date.now() - heard < COVERED;
      gone = 0;
      connected();
    };
    source.addEventListener("spot", ({ lastEventId: id, data }) => {
      if (data !== known && !isWhole) return reload();
      isWhole = true;
      heard = Date.now();
      if (data === known) return;
      before = last ?? before;
      last = id;
      known = data;
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
