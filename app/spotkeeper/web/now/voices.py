"""The newest voice spots of spotters near a place."""

from datetime import timedelta

from spotkeeper.db.search import search
from spotkeeper.db.search_wanted import Row, Wanted
from spotkeeper.spots.modes import MODES_OF, VOICE
from spotkeeper.spots.self_spots import is_self_spot
from spotkeeper.web.api import sums_answers, sums_read
from spotkeeper.web.database import transaction
from spotkeeper.web.now.here import Here

MOST = 1000


def voices_near(here: Here) -> list[Row]:
    """Those of the last half hour, the newest first, without self-spots.

    Raises psycopg.OperationalError, as the sums do.
    """
    now = sums_read.now()

    def read() -> list[Row]:
        since = now.until - timedelta(minutes=sums_read.NOW_MINUTES)
        with transaction() as connection:
            found = search(connection, Wanted(since, now.until, modes=MODES_OF[VOICE]), MOST)
        return [row for row in found.spots if not is_self_spot(row.dx, row.spotter)]

    rows = sums_answers.made().get("newest voice spots", now, read)
    return [row for row in rows if here.has_near(row.spotter, row.spotter_grid, row.spotter_dxcc)]
