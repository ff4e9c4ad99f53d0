"""Whether a band is open from here, by what was heard on it in the last half hour.

A spot tells that a signal got from the DX to the receiver of the spotter. What a receiver near the user has,
the user most likely has too, and is heard over there, for the way is the same in both directions. What counts
is how many different receivers near by have something, not how many spots a single one sends. Who spots
himself has received nothing. Modes are judged apart, as FT8 is read where no voice is understood.
"""

from datetime import datetime
from typing import Literal, NamedTuple

State = Literal["open", "marginal", "closed"]

NEAR_KM = 1000
"""Within a hop of the ionosphere's layer, so that the same signals come down there."""
REGION_KM = 3000
"""Less than the longest single hop: there is a layer, but it may bring the signals down elsewhere."""

VOICE_SEGMENTS_KHZ = {
    "40m": (7125, 7300),
    "20m": (14150, 14350),
    "17m": (18110, 18168),
    "15m": (21200, 21450),
    "12m": (24930, 24990),
    "10m": (28300, 29700),
}
"""Of the old rule, both edges included; it knows no voice on other bands."""
FM_KHZ = (29500, 29700)
"""Of FM on 10 m, both edges included."""


class Evidence(NamedTuple):
    """Spots, by how many different spotters, the newest of them, and the highest frequency in kHz."""

    spots: int = 0
    spotters: int = 0
    latest: datetime | None = None
    max_khz: float | None = None


class Heard(NamedTuple):
    """Of a band and a class of modes: by spotters near, by those of the region (near ones too), by all."""

    near: Evidence
    region: Evidence
    anywhere: Evidence


def by_spotters_near(heard: Heard) -> State:
    """Open: at least two different spotters near the user heard something; one alone may have erred.

    Marginal: one near, or at least two in the region and none near: the band carries, perhaps not from here.
    Closed: less than that. It means that nobody heard anything, on a band that nobody tries as on one that is
    dead; the caller says so in its words.
    """
    if heard.near.spotters >= 2:
        return "open"
    if heard.near.spotters or heard.region.spotters >= 2:
        return "marginal"
    return "closed"


def by_voice_segment(spots_in_segment: int, spots: int) -> State:
    """The rule of the old dashboard, wherever the spotters are.

    Open: two or more spots, of whatever mode, in VOICE_SEGMENTS_KHZ. Marginal: any other spot. Else closed.
    """
    if spots_in_segment >= 2:
        return "open"
    return "marginal" if spots else "closed"
