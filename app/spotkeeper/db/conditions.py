"""What the bands carry now: table spot_rows, of the last minutes."""

from datetime import datetime
from typing import NamedTuple

from spotkeeper.db.connection import Connection


class Hearing(NamedTuple):
    """What one spotter reported of one continent on a band in a mode; '' and None: that is not known.

    `of_fm` is set between 29.5 and 29.7 MHz, `in_voice_segment` counts the spots in the stretches that
    the old dashboard took for those of voice.
    """

    band: str | None
    mode: str | None
    of_fm: bool
    spotter: str
    grid: str | None
    spotter_dxcc: int | None
    spotter_continent: str
    dx_continent: str
    spots: int
    in_voice_segment: int
    highest_hz: int
    latest: datetime


def hearings(connection: Connection, since: datetime, until: datetime) -> list[Hearing]:
    """Reads the spots of the window, and no others."""
    rows = connection.cursor(binary=True).execute(
        """
        SELECT bands.name, modes.name, of_fm, spotter, grid, place.dxcc, coalesce(place.continent, ''),
            dx_continent, spots, in_voice_segment, highest, latest
        FROM (
            SELECT band, mode, hundred_hz BETWEEN 295000 AND 297000 AS of_fm, spotter, spotter_place,
                max(spotter_grid) AS grid, coalesce(dx.continent, '') AS dx_continent, count(*) AS spots,
                count(*) FILTER (WHERE hundred_hz BETWEEN 71250 AND 73000
                    OR hundred_hz BETWEEN 141500 AND 143500 OR hundred_hz BETWEEN 181100 AND 181680
                    OR hundred_hz BETWEEN 212000 AND 214500 OR hundred_hz BETWEEN 249300 AND 249900
                    OR hundred_hz BETWEEN 283000 AND 297000) AS in_voice_segment,
                max(spot_hz(hundred_hz, rest_hz)) AS highest, max(time) AS latest
            FROM spot_rows LEFT JOIN places dx ON dx.id = dx_place
            WHERE time >= %s AND time <= %s
            GROUP BY band, mode, of_fm, spotter, spotter_place, coalesce(dx.continent, '')
        ) heard
        LEFT JOIN bands ON bands.id = band
        LEFT JOIN modes ON modes.id = mode
        LEFT JOIN places place ON place.id = spotter_place
        """,
        [since, until],
        prepare=False,
    )
    return [Hearing._make(row) for row in rows.fetchall()]
