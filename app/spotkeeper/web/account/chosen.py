"""What an account chose, checked."""

import re
from contextlib import suppress
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import msgspec

from spotkeeper.spots.bands import BANDS

CALLSIGN = re.compile(r"(?=.*[0-9])(?=.*[A-Z])[A-Z0-9]+(/[A-Z0-9]+)*")
GRID = re.compile(r"[A-R]{2}[0-9]{2}([A-X]{2}([0-9]{2})?)?")
UNITS = {"metric": "kilometres", "imperial": "miles"}
THEMES = {"auto": "as the system", "light": "light", "dark": "dark"}
CONTRASTS = {"auto": "as the system", "more": "high"}
RULES = {"near": "spotters near you", "old": "any two spots"}


class Chosen(msgspec.Struct, frozen=True):
    """Values of table user_settings; what was never chosen has its default."""

    callsign: str = ""
    name: str = ""
    grid: str = ""
    time_zone: str = "UTC"
    units: str = "metric"
    theme: str = "auto"
    contrast: str = "auto"
    interest: list[str] = []
    """Bands; empty for all."""
    rule: str = "near"
    """By which a band counts as open."""
    filters: dict[str, list[str]] = {}
    saved_filters: dict[str, dict[str, list[str]]] = {}
    """By the names they were given."""
    columns: list[str] = []
    """Of the table of spots; empty for the usual ones."""
    map: dict[str, str] = {}
    """How the map was left."""
    bands: dict[str, str] = {}
    """How the page of the bands was left."""

    @classmethod
    def from_stored(cls, values: dict[str, object]) -> "Chosen":
        """Values that an older release stored in another form are left out, one by one."""
        fitting = {}
        for name, kind in _types().items():
            if name in values:
                with suppress(msgspec.ValidationError):
                    fitting[name] = msgspec.convert(values[name], kind)
        return cls(**fitting)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone; UTC when the system no longer knows the stored one."""
        return ZoneInfo(self.time_zone if self.time_zone in zones() else "UTC")


@cache
def _types() -> dict[str, Any]:
    return {field.name: field.type for field in msgspec.structs.fields(Chosen)}


@cache
def zones() -> frozenset[str]:
    """Names of all time zones."""
    return frozenset(available_timezones())


def callsign(text: str) -> str:
    """In capitals. Raises ValueError for what is no callsign."""
    call = text.strip().upper()
    if call and not (len(call) <= 15 and CALLSIGN.fullmatch(call)):
        raise ValueError(
            f"{shorten(text)} is not a callsign. Letters, digits and / make one, such as G4ABC or EA8/DL1ABC."
        )
    return call


def grid(text: str) -> str:
    """As JN03 or JN03ab. Raises ValueError for what is no Maidenhead locator."""
    locator = text.strip().upper()
    if locator and not GRID.fullmatch(locator):
        raise ValueError(f"{shorten(text)} is not a grid. Give 4, 6 or 8 characters, such as JN03 or JN03ab.")
    return locator[:4] + locator[4:6].lower() + locator[6:]


def name(text: str) -> str:
    """Raises ValueError for what cannot be shown as a name."""
    given = text.strip()
    if len(given) > 60 or not given.isprintable():
        raise ValueError("A name has at most 60 characters, all of them printable.")
    return given


def time_zone(text: str) -> str:
    """Raises ValueError for a zone nobody knows."""
    by_folded = {zone.casefold(): zone for zone in zones()}
    try:
        return by_folded[text.strip().replace(" ", "_").casefold()]
    except KeyError:
        raise ValueError(
            f"{shorten(text)} is not a time zone. Pick one of the list, such as Europe/Paris."
        ) from None


def units(text: str) -> str:
    """Raises ValueError for anything but the two."""
    return _one_of(UNITS, text, "a unit")


def theme(text: str) -> str:
    """Raises ValueError for anything but the three."""
    return _one_of(THEMES, text, "a theme")


def contrast(text: str) -> str:
    """Raises ValueError for anything but the two."""
    return _one_of(CONTRASTS, text, "a contrast")


def interest(names: list[str]) -> list[str]:
    """Bands in the order of their waves; all is the same as none. Raises ValueError for other words."""
    for name in names:
        if name not in BANDS:
            raise ValueError(f"{shorten(name)} is not a band.")
    return [band for band in BANDS if band in names] if set(names) < set(BANDS) else []


def _one_of(choices: dict[str, str], text: str, what: str) -> str:
    if text not in choices:
        *others, last = choices.values()
        raise ValueError(f"{shorten(text)} is not {what}. Choose {', '.join(others)} or {last}.")
    return text


def shorten(text: str) -> str:
    """What somebody typed, quoted so that it can stand in a sentence."""
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text.strip())
    return f"“{shown[:30]}…”" if len(shown) > 30 else f"“{shown}”"
