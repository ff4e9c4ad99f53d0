"""Table followed: which of the spots are followed live, each choice on a channel of its own."""

import hashlib
import logging
from datetime import timedelta

import msgspec

from spotkeeper.db.connection import Connection
from spotkeeper.db.search_wanted import Wanted

log = logging.getLogger(__name__)

CHANGED = "followed"
"""What is notified of when a choice was added."""

MOST = 40
"""So many different choices at a time: each has a buffer of messages in nginx."""

# A stream lasts an hour at most, and who lost it comes back while nginx still has what was missed.
LASTS = timedelta(minutes=75)


def follow(connection: Connection, wanted: Wanted) -> str | None:
    """The channel on which these spots are published from the commit on; None when there are too many.

    The times of `wanted` must be None.
    """
    text = msgspec.json.encode(wanted).decode()
    channel = hashlib.sha256(text.encode()).hexdigest()[:32]
    added = connection.execute(
        """
        WITH gone AS (DELETE FROM followed WHERE until < now() AND channel <> %(channel)s)
        INSERT INTO followed (channel, wanted, until)
        SELECT %(channel)s, %(wanted)s, now() + %(lasts)s
        WHERE (SELECT count(*) FROM followed WHERE until >= now() AND channel <> %(channel)s) < %(most)s
        ON CONFLICT (channel) DO UPDATE SET until = excluded.until
        RETURNING channel
        """,
        {"channel": channel, "wanted": text, "lasts": LASTS, "most": MOST},
    ).fetchone()
    if added is None:
        return None
    # A NOTIFY of a spot that is committed later comes later too.
    connection.execute("SELECT pg_notify(%s, '')", [CHANGED])
    return channel


def followed(connection: Connection) -> dict[str, Wanted]:
    """The choices in force, by their channels."""
    choices = {}
    for channel, wanted in connection.execute("SELECT channel, wanted FROM followed WHERE until >= now()"):
        try:
            choices[channel] = msgspec.json.decode(wanted, type=Wanted)
        except msgspec.DecodeError as error:  # of another release
            log.warning("nobody is told of the spots of channel %s: %s", channel, error)
    return choices
