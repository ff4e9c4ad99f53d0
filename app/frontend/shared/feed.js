const RETRY = 5_000;
const AWAY = 9 * 60_000; // nginx keeps 5,000 messages for who comes back, but nobody wants to see them pass by

/**
 * Follows the live spots from the moment for which the page was made, or so many seconds `earlier`, and does not give up.
 *
 * The browser itself reconnects after a broken line and is told what it missed. After an answer that is no stream
 * (nginx restarted, signed out) it would not: then the sign-in is looked at and the line is opened anew. Whoever was
 * away for long gets the page anew.
 */
export function follow(address, { spot, connected, lost, earlier = 0 }) {
  // As nchan names messages: by the second, and a number in it.
  let last = `${document.documentElement.dataset.made - 1 - earlier}:0`;
  let source;
  let gone = 0;

  const open = () => {
    source = new EventSource(`${address}?last_event_id=${last}`);
    source.addEventListener("spot", (event) => {
      last = event.lastEventId;
      spot(JSON.parse(event.data));
    });
    source.onopen = () => {
      if (gone && Date.now() - gone > AWAY) location.reload();
      gone = 0;
      connected();
    };
    source.onerror = () => {
      gone ||= Date.now();
      lost();
      if (source.readyState === EventSource.CLOSED) setTimeout(reopen, RETRY);
    };
  };

  const reopen = async () => {
    const answer = await fetch("/auth/check").catch(() => null);
    if (answer?.status === 401) location.reload();
    else open();
  };

  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (event) => event.persisted && location.reload());
  open();
}
