"""Which spots are asked for: the API's filters, and the same told of a spot.

The server follows so many different searches at a time; for one more, all spots are followed and parted here.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from spotkeeper.spots.folding import folded

Test = Callable[[Any, str], bool]


def _same(value: Any, given: str) -> bool:
    return str(value).casefold() == given.casefold()


def _of_mode(value: Any, given: str) -> bool:
    from spotkeeper.spots.modes import class_of  # not for --help

    return _same(value, given) or class_of(value) == given.casefold()


def _is_number(value: Any, given: str) -> bool:
    return bool(value == int(given))


def _begins(value: Any, given: str) -> bool:
    return str(value).casefold().startswith(given.casefold())


def _holds(value: Any, given: str) -> bool:
    return folded(given) in folded(str(value))


def _at_least(value: Any, given: str) -> bool:
    return bool(value >= float(given))


def _at_most(value: Any, given: str) -> bool:
    return bool(value <= float(given))


class Filter(NamedTuple):
    """A filter of the API: what it looks at in a spot, and how."""

    name: str
    field: str
    test: Test
    help: str
    is_list: bool = True
    """Several values may be given, separated by commas or one by one; a spot needs one of them."""
    kind: type = str


FILTERS = (
    Filter("band", "band", _same, "10m, 20m …"),
    Filter("mode", "mode", _of_mode, "FM, SSB, CW, FT8 …, voice, digital."),
    Filter("source", "source", _same, "human or machine.", is_list=False),
    Filter("mode_source", "mode_source", _same, "Whether the mode was said or guessed.", is_list=False),
    *(
        Filter(f"{end}{suffix}", field.format(end=end), test, words.format(end=name))
        for end, name in (("dx", "DX"), ("spotter", "spotter"))
        for suffix, field, test, words in (
            ("", "{end}", _same, "The {end}'s call."),
            ("_prefix", "{end}", _begins, "With which the {end}'s call begins."),
            ("_dxcc", "{end}_dxcc", _is_number, "The {end}'s DXCC entity, by ADIF's number."),
            ("_continent", "{end}_continent", _same, "The {end}'s continent: EU, NA …"),
            ("_cq_zone", "{end}_cq_zone", _is_number, "The {end}'s CQ zone."),
            ("_itu_zone", "{end}_itu_zone", _is_number, "The {end}'s ITU zone."),
            ("_grid", "{end}_grid", _begins, "With which the {end}'s grid begins."),
        )
    ),
    Filter("min_khz", "frequency_khz", _at_least, "From this frequency.", False, float),
    Filter("max_khz", "frequency_khz", _at_most, "Up to this frequency.", False, float),
    Filter("min_km", "distance_km", _at_least, "From this distance between the two.", False, int),
    Filter("max_km", "distance_km", _at_most, "Up to this distance.", False, int),
    Filter("text", "comment", _holds, "Part of the comment.", is_list=False),
)
"""In the order in which the command's help has them."""
_BY_NAME = {each.name: each for each in FILTERS}

Wanted = Mapping[str, Sequence[str]]
"""Values by the names of filters; those without a value are not in it."""


def matches(spot: Mapping[str, Any], wanted: Wanted) -> bool:
    """Whether everything that is given holds for the spot, as the API would have it."""
    for name, values in wanted.items():
        found = _BY_NAME[name]
        value = spot.get(found.field)
        if value is None or not any(found.test(value, given) for given in values):
            return False
    return True
