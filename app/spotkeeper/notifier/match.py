"""Whether a new spot is searched for: what db.search_match asks of the database, asked of one spot."""

from collections.abc import Sequence

from spotkeeper.db.live import LiveSpot
from spotkeeper.db.search_wanted import End, Wanted
from spotkeeper.spots.folding import folded


def matches(wanted: Wanted, spot: LiveSpot) -> bool:
    """All that is wanted must hold, but the times."""
    dx = (spot.dx, spot.dx_grid, spot.dx_dxcc, spot.dx_continent, spot.dx_cq_zone, spot.dx_itu_zone)
    spotter = (
        spot.spotter,
        spot.spotter_grid,
        spot.spotter_dxcc,
        spot.spotter_continent,
        spot.spotter_cq_zone,
        spot.spotter_itu_zone,
    )
    return (
        wanted.source in (None, spot.source)
        and _among(spot.band, wanted.bands)
        and _among(spot.mode, wanted.modes)
        and wanted.mode_source in (None, spot.mode_source)
        and _between(round(spot.frequency_khz * 1000), wanted.min_hz, wanted.max_hz)
        and _between(spot.distance_km, wanted.min_km, wanted.max_km)
        and (not wanted.text or folded(wanted.text) in folded(spot.comment))
        and _is_at(wanted.dx, *dx)
        and _is_at(wanted.spotter, *spotter)
    )


def _is_at(
    wanted: End,
    call: str,
    grid: str | None,
    dxcc: int | None,
    continent: str | None,
    cq_zone: int | None,
    itu_zone: int | None,
) -> bool:
    return (
        _among(call, wanted.calls)
        and _begins(call, wanted.prefixes)
        and _begins(grid, wanted.grids)
        and _among(dxcc, wanted.dxcc)
        and _among(continent, wanted.continents)
        and _among(cq_zone, wanted.cq_zones)
        and _among(itu_zone, wanted.itu_zones)
    )


def _among(value: object, wanted: Sequence[object]) -> bool:
    return not wanted or value in wanted


def _begins(text: str | None, prefixes: Sequence[str]) -> bool:
    return not prefixes or (text is not None and text.startswith(tuple(prefixes)))


def _between(value: int | None, low: int | None, high: int | None) -> bool:
    if low is None and high is None:
        return True
    return value is not None and (low is None or value >= low) and (high is None or value <= high)
