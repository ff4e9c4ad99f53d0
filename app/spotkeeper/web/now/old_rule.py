"""What the old rule counts: spots by frequency alone, by anybody, whatever the mode; self-spots too."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from spotkeeper.spots.openings import Evidence
from spotkeeper.web.api import sums_evidence
from spotkeeper.web.api.sums_evidence import Heard, Kind


class Counted(NamedTuple):
    """Spots in the segment of voice, and all of the band."""

    inside: Evidence
    every: Evidence


def on_band(band: str, heard: Mapping[Kind, Heard]) -> Counted:
    """In its segment also those of regions that have no band there."""
    return Counted(
        _sum(of_kind for kind, of_kind in heard.items() if kind.voice_segment == band),
        _sum(of_kind for kind, of_kind in heard.items() if band in (kind.band, kind.voice_segment)),
    )


def on_ten_metre_fm(heard: Mapping[Kind, Heard]) -> Counted:
    """All of it is voice."""
    found = _sum(of_kind for kind, of_kind in heard.items() if kind.is_ten_metre_fm)
    return Counted(found, found)


def _sum(heard: Iterable[Heard]) -> Evidence:
    found = sums_evidence.Evidence()
    for of_kind in heard:
        found.add(of_kind)
    return Evidence(**found.told())
