"""How the map is looked at, as it stands in the address and in the account."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from spotkeeper.web.account import chosen
from spotkeeper.web.account.chosen import shorten

VIEWS = {"azimuthal": "From here", "world": "World"}
COLOURS = {"band": "Band", "age": "Age", "snr": "SNR"}
MOST_ZOOM = 32
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


class State(NamedTuple):
    """Texts, as an address has them."""

    view: str = "azimuthal"
    colour: str = "band"
    grid: str = ""
    """To be centred on instead of the account's."""
    zoom: str = ""
    """Times the whole earth, 1 to MOST_ZOOM; empty for the whole."""
    at: str = ""
    """Longitude and latitude of the middle of what is seen, with a comma between; empty for the centre."""

    @classmethod
    def parse(cls, query: Mapping[str, str]) -> "State":
        """Raises ValueError, which names what does not fit."""
        view, colour = query.get("view") or cls().view, query.get("colour") or cls().colour
        for name, value, known in (("view", view, VIEWS), ("colour", colour, COLOURS)):
            if value not in known:
                raise ValueError(f"{name}: {shorten(value)} is not known. There are {', '.join(known)}.")
        zoom, at = query.get("zoom", ""), query.get("at", "")
        if zoom and not 1 <= _number("zoom", zoom) <= MOST_ZOOM:
            raise ValueError(f"zoom: {shorten(zoom)} is not between 1 and {MOST_ZOOM}.")
        if at:
            longitude, comma, latitude = at.partition(",")
            if not comma or abs(_number("at", longitude)) > 180 or abs(_number("at", latitude)) > 90:
                raise ValueError(f"at: {shorten(at)} is not a longitude and a latitude, such as 11.5,48.1.")
        return cls(view, colour, chosen.grid(query.get("grid", "")), zoom, at)

    def query(self) -> dict[str, str]:
        """What `parse` takes, without what is as usual."""
        return {name: value for name, value in self._asdict().items() if value != State._field_defaults[name]}


def remembered(query: Mapping[str, str]) -> State:
    """What an account keeps; the usual when an older release stored what there no longer is."""
    try:
        return State.parse(query)
    except ValueError:
        return State()


def _number(name: str, text: str) -> float:
    """Python reads more as a number than the page's script does."""
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{name}: {shorten(text)} is not a number.")
    return float(text)
