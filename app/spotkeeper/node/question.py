"""The arguments of `sh/dx`: how many spots, and which."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from spotkeeper.db.search_wanted import End, Wanted
from spotkeeper.spots.bands import BANDS
from spotkeeper.spots.model import LONGEST_CALL

USUAL, MOST = 10, 100
# DXSpider's names for several bands.
REGIONS = {
    "hf": ("160m", "80m", "60m", "40m", "30m", "20m", "17m", "15m", "12m", "10m"),
    "vhf": ("6m", "4m", "2m", "1.25m"),
    "uhf": ("70cm", "33cm", "23cm", "13cm"),
    "warc": ("30m", "17m", "12m"),
}
_RANGE = re.compile(r"([0-9]{1,9}(?:\.[0-9]+)?)(?:[-/]([0-9]{1,9}(?:\.[0-9]+)?))?")
_CALL = re.compile(rf"([A-Z0-9/-]{{1,{LONGEST_CALL}}})\*?")
_ZONES = {"zone": "cq_zones", "itu": "itu_zones", "dxcc": "dxcc"}


class Refused(ValueError):
    """The question is not understood; the text says which word."""


class Question(NamedTuple):
    """`wanted` of the newest `limit`."""

    limit: int
    wanted: Wanted


def read(text: str) -> Question:
    """Of what stands behind "sh/dx". Raises Refused.

    Known are a number; a call or what it begins with; exact CALL; by CALL or its beginning; on BAND or region
    (hf, vhf, uhf, warc) or KHZ-KHZ, several with commas between; info TEXT; call_zone, call_itu, call_dxcc,
    by_zone, by_itu and by_dxcc with a number. All that are given must hold.
    """
    limit, wanted = USUAL, Wanted()
    words = iter(text.split())
    for word in words:
        name = word.lower()
        if word.isdigit() and len(word) <= 6:
            limit = min(int(word), MOST) or USUAL
        elif name == "on":
            wanted = _on(wanted, _next(words, name))
        elif name in ("info", "text"):
            wanted = wanted._replace(text=_next(words, name)[:100])
        elif name == "by":
            wanted = wanted._replace(spotter=_end(wanted.spotter, "prefixes", _call(_next(words, name))))
        elif name == "exact":
            wanted = wanted._replace(dx=_end(wanted.dx, "calls", _call(_next(words, name))))
        elif "_" in name:
            wanted = _numbered(wanted, name, _next(words, name))
        else:
            wanted = wanted._replace(dx=_end(wanted.dx, "prefixes", _call(word)))
    return Question(limit, wanted)


def _next(words: Iterator[str], name: str) -> str:
    word = next(words, None)
    if word is None:
        raise Refused(f"{name} what?")
    return word


def _on(wanted: Wanted, text: str) -> Wanted:
    bands: list[str] = []
    for part in text.lower().split(","):
        if part in REGIONS:
            bands += REGIONS[part]
        elif part in BANDS or f"{part}m" in BANDS:
            bands.append(part if part in BANDS else f"{part}m")
        elif (found := _RANGE.fullmatch(part)) and part == text:
            low = round(float(found[1]) * 1000)
            high = round(float(found[2]) * 1000) if found[2] else low + 999
            return wanted._replace(min_hz=low, max_hz=high)
        else:
            raise Refused(f"on {text[:20]}: neither a band nor a range in kHz")
    return wanted._replace(bands=tuple(dict.fromkeys(bands)))


def _numbered(wanted: Wanted, name: str, text: str) -> Wanted:
    end, _, kind = name.partition("_")
    if end not in ("call", "by") or kind not in _ZONES:
        raise Refused(f"{name[:20]}: not known")
    if not re.fullmatch("[0-9]{1,3}", text):
        raise Refused(f"{name} {text[:20]}: not a number")
    if end == "call":
        return wanted._replace(dx=_end(wanted.dx, _ZONES[kind], int(text)))
    return wanted._replace(spotter=_end(wanted.spotter, _ZONES[kind], int(text)))


def _end(end: End, name: str, value: Any) -> End:
    return end._replace(**{name: (value,)})


def _call(word: str) -> str:
    found = _CALL.fullmatch(word.upper())
    if found is None:
        raise Refused(f"{word[:20]}: not a callsign")
    return found[1]
