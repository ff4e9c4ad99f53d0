"""The channels on which live spots are published: one for all of them, and one for each kind.

A listener who wants some of the spots follows several kinds at once, at most MOST of them.
"""

from collections.abc import Collection

from spotkeeper.spots.bands import BANDS
from spotkeeper.spots.comment import MODES

ALL = "spots"
# nchan joins no more.
MOST = 255

SOURCES = {"human": "h", "machine": "m"}
# What can be followed by itself; the other modes come together.
_SINGLE = {"CW": "C", "SSB": "S", "FM": "F", "FT8": "8", "FT4": "4", "RTTY": "R"}
_VOICES = ("AM", "C4FM", "DMR", "D-STAR", "FREEDV", "M17")
_CLASSES = _SINGLE | {mode: "V" if mode in _VOICES else "D" for mode in MODES if mode not in _SINGLE}
_BANDS = {band: chr(ord("A") + number) for number, band in enumerate(BANDS)}
_NONE = "0"


def kind(source: str, band: str | None, mode: str | None) -> str:
    """The channel of a spot, three characters."""
    return SOURCES[source] + (_BANDS[band] if band else _NONE) + (_CLASSES[mode] if mode else _NONE)


def kinds(sources: Collection[str], bands: Collection[str], modes: Collection[str]) -> list[str]:
    """The channels of all spots of these sources, bands and modes, where none means any.

    Raises ValueError, which says what to ask for instead, when some cannot be told from others or when there
    are too many.
    """
    if not bands and not modes and len(set(sources)) in (0, len(SOURCES)):
        return [ALL]
    classes = {_CLASSES[mode] for mode in modes}
    for mode, letter in _CLASSES.items():
        if letter in classes and mode not in modes:
            others = ",".join(other for other, its in _CLASSES.items() if its == letter)
            raise ValueError(f"mode: live these are only to be had together: {others}")
    of_source = [SOURCES[source] for source in dict.fromkeys(sources or SOURCES)]
    of_band = [_BANDS[band] for band in dict.fromkeys(bands)] or [*_BANDS.values(), _NONE]
    of_mode = sorted(classes) or [*dict.fromkeys(_CLASSES.values()), _NONE]
    number = len(of_source) * len(of_band) * len(of_mode)
    if number > MOST:
        raise ValueError(
            f"band: sources, bands and modes make {number} kinds of spots ({len(of_source)} by {len(of_band)}"
            f" by {len(of_mode)}), live at most {MOST} can be followed at once: ask for fewer, or for all"
        )
    return [source + band + mode for source in of_source for band in of_band for mode in of_mode]
