"""Which spots somebody wants to see: parameters of the API's search, as the address of a page has them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from operator import itemgetter
from typing import Any
from urllib.parse import parse_qs, urlencode

import msgspec
from flask import current_app, request
from markupsafe import Markup
from marshmallow import ValidationError, fields
from werkzeug.exceptions import BadRequest

from spotkeeper.db.search_wanted import Wanted
from spotkeeper.spots.bands import BANDS
from spotkeeper.spots.comment import MODES
from spotkeeper.spots.countries import CONTINENTS, Countries
from spotkeeper.spots.modes import DIGITAL, VOICE
from spotkeeper.web.account.chosen import shorten
from spotkeeper.web.api.spots_query import Asked, SpotsQuery, asked_for

IN_SIGHT = ("band", "mode", "source", "since", "dx_prefix", "dx")
FURTHER = ("dx_continent", "dx_dxcc", "spotter_prefix", "spotter_continent", "min_khz", "max_khz")
NAMES = IN_SIGHT + FURTHER
SOURCES = {"": "anyone", "human": "people", "machine": "skimmers"}
WINDOWS = {
    "15m": "15 minutes",
    "30m": "30 minutes",
    "1h": "hour",
    "3h": "3 hours",
    "6h": "6 hours",
    "12h": "12 hours",
    "24h": "24 hours",
    "7d": "7 days",
}
USUAL_WINDOW = "1h"
USUAL_BANDS = frozenset(BANDS[BANDS.index("160m") : BANDS.index("2m") + 1]) - {"8m", "4m"}
USUAL_MODES = (VOICE, "CW", DIGITAL, "SSB", "FM", "FT8", "FT4", "RTTY")
# Values in an order of their own stand in it, however they were given.
_ORDERS = {
    "band": BANDS,
    "mode": (VOICE, DIGITAL, *MODES),
    "dx_continent": CONTINENTS,
    "spotter_continent": CONTINENTS,
}

_QUERY = SpotsQuery(only=NAMES)


@dataclass(frozen=True)
class Filters:
    """Understood. `filters["band"]` are the values of a parameter, as texts; empty stands for all."""

    values: Mapping[str, tuple[str, ...]]
    asked: Asked

    @classmethod
    def parse(cls, query: Mapping[str, Sequence[str]], cursor: str = "") -> "Filters":
        """Of the lists of values in an address; empty ones, as forms send them, say nothing.

        `cursor` goes on behind a page of the same search. Raises ValueError, which names the parameter that
        does not fit.
        """
        given = {name: _parts(texts) for name, texts in query.items()}
        given = {name: texts for name, texts in given.items() if texts or name not in NAMES}
        since = given.setdefault("since", [USUAL_WINDOW])
        if since[0] not in WINDOWS:
            raise ValueError(f"since: {shorten(since[0])} is not known. There are {', '.join(WINDOWS)}.")
        read = _read(given)
        try:
            asked = asked_for(read | {"cursor": cursor} if cursor else read)
        except BadRequest as error:
            raise ValueError(error.description) from None
        values = {name: tuple(_texts(name, read[name])) for name in NAMES if name in read}
        return cls(values | {"since": (since[0],)}, asked)

    def __getitem__(self, name: str) -> tuple[str, ...]:
        return self.values.get(name, ())

    @property
    def wanted(self) -> Wanted:
        """For db.search.search; its time is counted back from the minute in which it was parsed."""
        return self.asked.wanted

    @property
    def since(self) -> str:
        """One of WINDOWS."""
        return self["since"][0]

    @property
    def narrowed(self) -> bool:
        """Whether they leave out any spots but old ones."""
        return len(self.values) > 1

    @property
    def narrowed_further(self) -> int:
        """How many of those are in force that the form does not show at once."""
        return sum(name in self.values for name in FURTHER)

    def query(self) -> dict[str, list[str]]:
        """What `parse` takes, and `url_for` as its arguments; the API takes it too."""
        return {name: list(self.values[name]) for name in NAMES if name in self.values}

    @cached_property
    def address(self) -> str:
        """The same, as it stands behind the question mark."""
        return urlencode(self.query(), doseq=True)

    @property
    def live(self) -> str:
        """JSON of `wanted` without its times, by which shared/match.js judges spots as they come."""
        wanted = self.wanted._replace(since=None, until=None)._asdict()
        ends = {end: wanted[end]._asdict() for end in ("dx", "spotter")}
        return msgspec.json.encode(wanted | ends).decode()


def asked_of_page() -> Filters:
    """The filters of the request's address. Raises BadRequest for one that is not known."""
    query = request.args.to_dict(flat=False)
    [cursor, *_] = query.pop("cursor", [""])
    try:
        return Filters.parse(query, cursor)
    except ValueError as error:
        raise BadRequest(str(error)) from None


def remembered(query: Mapping[str, Sequence[str]]) -> Filters | None:
    """Filters that an account keeps; None when an older release stored what there no longer is."""
    try:
        return Filters.parse(query)
    except ValueError:
        return None


def countries() -> dict[int, str]:
    """The names of the DXCC entities by ADIF's number, in the order of the names."""
    known: Countries | None = current_app.extensions["countries"]
    return _by_name(known) if known else {}


def written(macro: str, filters: Filters) -> Markup:
    """What a macro of filters.html makes of the filters alone: the same for all who have the same."""
    return _written(macro, filters.address, current_app.extensions["countries"])


@lru_cache(maxsize=64)
def _written(macro: str, address: str, known: Countries | None) -> Markup:
    template = current_app.jinja_env.get_template("filters.html")
    return Markup(getattr(template.module, macro)(Filters.parse(parse_qs(address))))  # noqa: S704


@lru_cache(maxsize=1)
def _by_name(known: Countries) -> dict[int, str]:
    return dict(sorted(known.names.items(), key=itemgetter(1)))


def _parts(texts: Sequence[str]) -> list[str]:
    """Values that are given one by one or with commas, without what is empty."""
    parts = (part.strip() for text in texts for part in text.split(","))
    return [part for part in parts if part]


def _read(given: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    arguments: dict[str, Any] = {}
    for name, texts in given.items():
        field = _QUERY.fields.get(name)
        if isinstance(field, fields.List):
            arguments[name] = texts
        elif len(texts) > 1 and field:
            raise ValueError(f"{name}: give it once, not {len(texts)} times.")
        else:
            arguments[name] = texts[0] if texts else ""
    try:
        return dict(_QUERY.load(arguments))
    except ValidationError as error:
        [(name, found), *_] = error.normalized_messages().items()  # type: ignore[no-untyped-call]
        while not isinstance(found, str):
            found = next(iter(found.values() if isinstance(found, Mapping) else found))
        raise ValueError(f"{name if name in NAMES else shorten(str(name))}: {found}") from None


def _texts(name: str, value: Any) -> Iterable[str]:
    """As an address has them."""
    if isinstance(value, float):
        return [f"{value:.3f}".rstrip("0").rstrip(".")]
    if not isinstance(value, list):
        return [str(value)]
    if order := _ORDERS.get(name):
        return sorted(set(value), key=order.index)
    return dict.fromkeys(map(str, value))
