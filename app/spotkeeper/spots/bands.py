"""Amateur bands and how they are used, by frequency."""

from bisect import bisect_right
from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

Region = Literal[1, 2, 3]
"""Of the ITU: Europe, Africa and northern Asia; the Americas; the rest."""

# kHz, both edges included: the widest that a country of the three regions allows. A region without edges of
# its own has those of all; None: no such band there. Sources: the ITU's Radio Regulations, article 5 with its
# footnotes; the band plans of the three IARU regions; ADIF 3.1 for the names.
_Edges = tuple[float, float]
_BANDS: tuple[tuple[str, _Edges, dict[Region, _Edges | None]], ...] = (
    ("2200m", (135.7, 137.8), {}),
    ("630m", (472, 479), {}),
    ("160m", (1800, 2000), {1: (1810, 2000)}),
    ("80m", (3500, 4000), {1: (3500, 3800), 3: (3500, 3900)}),
    ("60m", (5250, 5450), {}),
    ("40m", (7000, 7300), {1: (7000, 7200), 3: (7000, 7200)}),
    ("30m", (10100, 10150), {}),
    ("20m", (14000, 14350), {}),
    ("17m", (18068, 18168), {}),
    ("15m", (21000, 21450), {}),
    ("12m", (24890, 24990), {}),
    ("10m", (28000, 29700), {}),
    ("8m", (40000, 45000), {}),
    ("6m", (50000, 54000), {}),
    ("4m", (69900, 71000), {}),
    ("2m", (144000, 148000), {1: (144000, 146000)}),
    ("1.25m", (219000, 225000), {1: None, 3: None}),
    ("70cm", (420000, 450000), {1: (430000, 440000)}),
    ("33cm", (902000, 928000), {1: None}),
    ("23cm", (1240000, 1325000), {2: (1240000, 1300000), 3: (1240000, 1300000)}),
    ("13cm", (2300000, 2450000), {}),
    ("9cm", (3300000, 3500000), {1: (3400000, 3475000)}),
    ("6cm", (5650000, 5925000), {1: (5650000, 5850000), 3: (5650000, 5850000)}),
    ("3cm", (10000000, 10500000), {}),
    ("1.25cm", (24000000, 24250000), {}),
    ("6mm", (47000000, 47200000), {}),
)
BANDS = tuple(name for name, _, _ in _BANDS)

# kHz, the upper edge excluded: where one mode is so usual that a spot without a word may be taken for it.
# Stretches that the regions use differently are left out.
_USES = (
    (1840, 1842, "FT8"),
    (1845, 2000.1, "SSB"),
    (3500, 3570, "CW"),
    (3573, 3575, "FT8"),
    (3575, 3578, "FT4"),
    (3620, 4000.1, "SSB"),
    (5357, 5358.5, "FT8"),
    (7000, 7035, "CW"),
    (7047.5, 7049, "FT4"),
    (7074, 7077, "FT8"),
    (7130, 7300.1, "SSB"),
    (10100, 10130, "CW"),
    (10136, 10139, "FT8"),
    (10140, 10142.5, "FT4"),
    (14000, 14070, "CW"),
    (14074, 14077, "FT8"),
    (14080, 14082.5, "FT4"),
    (14085, 14099, "RTTY"),
    (14099.5, 14100.5, "CW"),
    (14125, 14350.1, "SSB"),
    (18068, 18095, "CW"),
    (18100, 18103, "FT8"),
    (18104, 18106.5, "FT4"),
    (18120, 18168.1, "SSB"),
    (21000, 21070, "CW"),
    (21074, 21077, "FT8"),
    (21085, 21110, "RTTY"),
    (21140, 21142.5, "FT4"),
    (21151, 21450.1, "SSB"),
    (24890, 24911, "CW"),
    (24915, 24918, "FT8"),
    (24919, 24921.5, "FT4"),
    (24931, 24990.1, "SSB"),
    (28000, 28070, "CW"),
    (28074, 28077, "FT8"),
    (28180, 28182.5, "FT4"),
    (28190, 28300, "CW"),
    (28300, 29000, "SSB"),
    (29500, 29700.1, "FM"),
    (50000, 50100, "CW"),
    (50130, 50250, "SSB"),
    (50313, 50316, "FT8"),
    (50318, 50320.5, "FT4"),
    (50323, 50326, "FT8"),
    (70154, 70157, "FT8"),
    (144050, 144110, "CW"),
    (144174, 144177, "FT8"),
    (144180, 144350, "SSB"),
    (144360, 144361, "MSK144"),
    (145200, 145800, "FM"),
    (432050, 432100, "CW"),
    (432174, 432177, "FT8"),
    (432180, 432350, "SSB"),
    (10489505, 10489540, "CW"),
    (10489650, 10489745, "SSB"),
)

# FM as a mode; elsewhere the word means "from" or stands beside a narrow mode.
_FM = ((29000, 29700), (50500, 54000), (69900, 71000), (144500, 148000), (219000, 225000), (433000, 47200000))


class Stretch(Struct, frozen=True, gc=False):
    """Of the spectrum, from one edge to the next: all of it is used alike."""

    bands: tuple[str | None, str | None, str | None, str | None]
    """As "20m", None outside: by the widest edges, then by those of the regions 1, 2 and 3."""
    usual_mode: str | None
    """The mode that nearly all use there, or None where there is no such."""
    has_fm: bool
    """Whether FM is spoken there."""


def _hz(khz: float) -> int:
    return round(khz * 1000)


def _edges(region: Region | None) -> list[tuple[int, int, str]]:
    """Of each band the first Hz, the one behind the last, and its name."""
    edges = [(name, regional.get(region, widest) if region else widest) for name, widest, regional in _BANDS]
    return [(_hz(pair[0]), _hz(pair[1]) + 1, name) for name, pair in edges if pair is not None]


_EDGES = [_edges(region) for region in (None, 1, 2, 3)]
_MODES = [(_hz(low), _hz(high), mode) for low, high, mode in _USES]
_SPEECH = [(low * 1000, high * 1000 + 1, "FM") for low, high in _FM]


def _at(hz: int, parts: Iterable[tuple[int, int, str]]) -> str | None:
    return next((name for low, high, name in parts if low <= hz < high), None)


def _stretch(hz: int) -> Stretch:
    widest, first, second, third = (_at(hz, edges) for edges in _EDGES)
    return Stretch((widest, first, second, third), _at(hz, _MODES), _at(hz, _SPEECH) is not None)


_FIRST_HZ = sorted(
    {0, *(hz for parts in (*_EDGES, _MODES, _SPEECH) for low, high, _ in parts for hz in (low, high))}
)
_STRETCHES = [_stretch(hz) for hz in _FIRST_HZ]


def stretch_of(frequency_hz: int) -> Stretch:
    """How the spectrum is used at a frequency of 0 or more."""
    return _STRETCHES[bisect_right(_FIRST_HZ, frequency_hz) - 1]


def band_of(frequency_hz: int, region: Region | None = None) -> str | None:
    """The amateur band, as "20m", by the edges of the region or, of none, the widest; None outside."""
    return stretch_of(frequency_hz).bands[region or 0]


def edges_of(band: str) -> tuple[int, int]:
    """The widest edges of the band in Hz, both included."""
    return next((low, high - 1) for low, high, name in _EDGES[0] if name == band)


def bands_within(low_hz: int, high_hz: int) -> tuple[str, ...]:
    """The bands of which some part lies there, by their widest edges."""
    return tuple(name for low, high, name in _EDGES[0] if low <= high_hz and low_hz < high)


def usual_mode(frequency_hz: int) -> str | None:
    """The mode that nearly all use there, or None where there is no such."""
    return stretch_of(frequency_hz).usual_mode
