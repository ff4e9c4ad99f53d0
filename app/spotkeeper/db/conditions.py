"""What the bands carry now: table spot_rows, of the last minutes."""

from datetime import datetime
from typing import NamedTuple

from spotkeeper.db.connection import Connection
from spotkeeper.spots.openings import FM_KHZ, VOICE_SEGMENTS_KHZ


def _within(edges_khz: tuple[int, int]) -> str:
    low, high = edges_khz
    return f"hundred_hz BETWEEN {10 * low} AND {10 * high}"


_VOICE_SEGMENTS = " ".join(
    f"WHEN {_within(edges)} THEN '{band}'" for band, edges in VOICE_SEGMENTS_KHZ.items()
)
# As spots/self_spots.py has it. Its first line holds for few spots, and spares the others the rest.
_IS_SELF_SPOT = """
    (strpos(dx, split_part(spotter, '-', 1)) > 0 OR strpos(spotter, split_part(dx, '-', 1)) > 0)
    AND (strpos('/' || split_part(dx, '-', 1) || '/', '/' || split_part(spotter, '-', 1) || '/') > 0
        OR strpos('/' || split_part(spotter, '-', 1) || '/', '/' || split_part(dx, '-', 1) || '/') > 0)
"""


class Hearing(NamedTuple):
    """What one spotter reported of one continent on a band in a mode; '' and None: that is not known.

    `of_fm` is set within FM_KHZ. `voice_segment` names the band of VOICE_SEGMENTS_KHZ by the frequency alone,
    also where the region has no band. What the spotter reported of itself stands apart.
    """

    band: str | None
    mode: str | None
    of_fm: bool
    voice_segment: str | None
    is_self_spot: bool
    spotter: str
    grid: str | None
    spotter_dxcc: int | None
    spotter_continent: str
    dx_continent: str
    spots: int
    highest_hz: int
    latest: datetime


def hearings(connection: Connection, since: datetime, until: datetime) -> list[Hearing]:
    """Reads the spots of the window, and no others."""
    rows = connection.cursor(binary=True).execute(
        f"""
        SELECT bands.name, modes.name, of_fm, voice_segment, is_self_spot, spotter, grid,
            place.dxcc, coalesce(place.continent, ''), dx_continent, spots, highest, latest
        FROM (
            SELECT band, mode, {_within(FM_KHZ)} AS of_fm, CASE {_VOICE_SEGMENTS} END AS voice_segment,
                {_IS_SELF_SPOT} AS is_self_spot, spotter, spotter_place, max(spotter_grid) AS grid,
                coalesce(dx.continent, '') AS dx_continent, count(*) AS spots,
                max(spot_hz(hundred_hz, rest_hz)) AS highest, max(time) AS latest
            FROM spot_rows LEFT JOIN places dx ON dx.id = dx_place
            WHERE time >= %s AND time <= %s
            GROUP BY band, mode, of_fm, voice_segment, is_self_spot, spotter, spotter_place,
                coalesce(dx.continent, '')
        ) heard
        LEFT JOIN bands ON bands.id = band
        LEFT JOIN modes ON modes.id = mode
        LEFT JOIN places place ON place.id = spotter_place
        """,  # noqa: S608
        [since, until],
        prepare=False,
    )
    return [Hearing._make(row) for row in rows.fetchall()]
