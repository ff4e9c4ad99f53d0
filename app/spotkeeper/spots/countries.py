"""Which DXCC entity a call belongs to, by the country file (cty.csv) of Jim Reisert, AD1C."""

import re

from msgspec import Struct

from spotkeeper.spots.bands import Region
from spotkeeper.spots.places import Point

CONTINENTS = ("AF", "AN", "AS", "EU", "NA", "OC", "SA")
# A prefix or, after "=", a whole call; then what differs there from the rest of its entity.
_ALIAS = re.compile(r"(=?)([A-Z0-9/]++)(.*)")
_OVERRIDE = re.compile(r"\((\d++)\)|\[(\d++)\]|<(-?[\d.]++)/(-?[\d.]++)>|\{([A-Z]{2})\}|~-?[\d.]++~")

_SSID = re.compile(r"-[0-9]{1,2}$")
_CALL = re.compile(r"(?:[A-Z]{1,2}|[0-9][A-Z]{1,2})[0-9][A-Z0-9]*[A-Z]")
_ORDINARY = re.compile(rf"(?!KG4|AX9|V[IK]9){_CALL.pattern}")
_LOCATION = re.compile(r"(?:[A-Z]{1,2}|[0-9][A-Z]{1,2}|[A-Z][0-9])[0-9]?")
# Prefix and call area. A letter and a digit are a prefix, but for the countries that have a letter alone.
_AREA = re.compile(r"([A-Z]{2}|[0-9][A-Z]|[BFGIKMNRUW](?=[0-9])|[A-Z][0-9])([0-9])")
_AMERICAN = re.compile(r"[AKNW][A-Z]?([0-9])")
_PECULIAR = ("KG4", "AX9", "VI9", "VK9")
_GUANTANAMO = re.compile(r"KG4[A-Z]{2}")
# Australia's islands; in a call of three letters the second one tells which, and not all do.
_ISLANDS = re.compile(r"(?:AX|VI|VK)9[A-Z]([A-Z])[A-Z]")
_ISLAND_LETTERS = "CLMNWXYZ"

_AT_SEA_OR_IN_THE_AIR = frozenset(("MM", "AM"))
# How a station works, not where. Of single letters see _where.
_MANNERS = frozenset(("QRP", "QRPP", "QRO", "BCN", "LH", "LT", "LGT"))
# Letters that are a country's and yet are seen behind a slash with other meanings.
_DOUBTFUL_LETTERS = frozenset("FGIKNRW")
# Behind a call of Canada or the United States these name a state or province as often as a country.
_STATE_CODES = """
AB AK AL AR AZ BC CA CO CT DC DE FL GA HI IA ID IL IN KS KY LA MA MB MD ME MI MN MO MS MT NB NC ND NE NH NJ NL
NM NS NT NU NV NY OH OK ON OR PA PE QC RI SC SD SK TN TX UT VA VT WA WI WV WY YT
"""
_STATES = frozenset(_STATE_CODES.split())
_UNITED_STATES, _CANADA = 291, 1

# The ITU's region 1 reaches into Asia: the former Soviet Union, Mongolia, and all west of the Persian Gulf.
# fmt: off
_ASIA_IN_REGION_1 = frozenset((
    14, 15, 18, 75, 130, 135, 215, 262, 280, 283, 292, 304, 333, 336, 342, 348, 354, 363, 370, 376, 378, 384,
    390, 391, 492, 510,
))
# fmt: on
# Hawaii, Kure, Midway and Johnston lie in region 2.
_OCEANIA_IN_REGION_2 = frozenset((110, 123, 138, 174))

_CALLS_KEPT = 16384
_HEADS_KEPT = 8192


class Place(Struct, frozen=True, eq=False, gc=False):
    """Where a call is from, as exactly as the country file knows."""

    dxcc: int
    """ADIF's number of the DXCC entity."""
    name: str
    continent: str
    cq_zone: int
    itu_zone: int
    point: Point
    region: Region
    """Of the ITU."""

    @property
    def latitude(self) -> float:
        """Degrees, north positive."""
        return self.point.latitude

    @property
    def longitude(self) -> float:
        """Degrees, east positive."""
        return self.point.longitude


_UNKNOWN = Place(0, "", "", 0, 0, Point(0, 0), 1)


class Countries:
    """The country file, read.

    `text` is that of cty.csv. Raises ValueError when it is not.
    """

    names: dict[int, str]
    """Of the DXCC entities, by ADIF's number."""
    middles: dict[int, Point]
    """Of the same."""

    def __init__(self, text: str) -> None:
        self.names = {}
        self.middles = {}
        self._prefixes: dict[str, Place] = {}
        self._calls: dict[str, Place] = {}
        places: dict[tuple[object, ...], Place] = {}
        for line in text.split(";"):
            if line.strip():
                self._read(line.strip(), places)
        if not self._prefixes:
            raise ValueError("not a country file: no prefix in it")
        # By the first two characters, the length of the longest prefix.
        self._reach: dict[str, int] = {}
        for prefix in self._prefixes:
            self._reach[prefix[:2]] = max(self._reach.get(prefix[:2], 2), len(prefix))
        self._by_head: dict[str, Place | None] = {}
        self._known: dict[str, Place | None] = {}

    def find(self, call: str) -> Place | None:
        """The place of a call in capitals; None where it is not sure: at sea, in the air, no call."""
        place = self._known.get(call, _UNKNOWN)
        if place is _UNKNOWN:
            place = self._find(call) if "/" in call or "-" in call else self._home(call)
            if len(self._known) >= _CALLS_KEPT:
                self._known.clear()
            self._known[call] = place
        return place

    def continent_at(self, point: Point) -> str:
        """That of the call area whose middle lies nearest."""
        north, east = point.latitude, point.longitude

        def square_of_way(place: Place) -> float:
            # On a map that is true to scale along the parallel of the point: near enough to tell neighbours.
            eastward = (place.longitude - east + 180) % 360 - 180
            return (place.latitude - north) ** 2 + (eastward * point.cos_latitude) ** 2

        return min(self._prefixes.values(), key=square_of_way).continent

    def _read(self, line: str, places: dict[tuple[object, ...], Place]) -> None:
        fields = line.split(",", 9)
        if len(fields) < 10:
            raise ValueError(f"not a line of a country file: {line[:60]!r}")
        mark, name, dxcc, *usual, _, aliases = fields
        if not mark.startswith("*"):  # a part of an entity that counts by itself in some contests
            self.names[int(dxcc)] = name
            self.middles[int(dxcc)] = Point(float(usual[3]), -float(usual[4]) or 0.0)
        for alias in aliases.split():
            found = _ALIAS.fullmatch(alias)
            if found is None:
                raise ValueError(f"neither a prefix nor a call: {alias!r}")
            whole, call, differing = found.groups()
            continent, cq_zone, itu_zone, north, west = usual
            for cq, itu, latitude, longitude, other in _OVERRIDE.findall(differing):
                continent, cq_zone, itu_zone = other or continent, cq or cq_zone, itu or itu_zone
                north, west = latitude or north, longitude or west
            key = dxcc, name, continent, cq_zone, itu_zone, north, west
            place = places.get(key)
            if place is None:
                point = Point(float(north), -float(west) or 0.0)
                number = int(dxcc)
                region = _region(number, continent)
                place = Place(number, name, continent, int(cq_zone), int(itu_zone), point, region)
                places[key] = place
            (self._calls if whole else self._prefixes)[call] = place

    def _find(self, call: str) -> Place | None:
        if "-" in call:
            call = _SSID.sub("", call)
        if "/" not in call:
            return self._home(call)
        parts = call.split("/")
        if not _AT_SEA_OR_IN_THE_AIR.isdisjoint(parts[1:]):
            return None
        if (place := self._calls.get(call)) is not None:
            return place
        said = [parts[0], *(part for part in parts[1:] if len(part) > 1 and part not in _MANNERS)]
        letters = [part for part in parts[1:] if len(part) == 1]
        if len(said) == 2:
            return self._visiting(*said)
        if len(said) > 2 or not _DOUBTFUL_LETTERS.isdisjoint(letters):
            return None
        base = said[0]
        if areas := [part for part in letters if part.isdigit()]:
            return self._in_area(base, areas[-1])
        return self._home(base)

    def _home(self, call: str) -> Place | None:
        """As an exception, else by its prefix."""
        if (place := self._calls.get(call)) is not None:
            return place
        if _ORDINARY.fullmatch(call):
            return self._begins(call)
        if call.startswith(_PECULIAR) and _CALL.fullmatch(call):
            if call.startswith("KG4") and not _GUANTANAMO.fullmatch(call):
                return self._begins("K4")
            if islands := _ISLANDS.fullmatch(call):
                return self._begins(f"VK9{islands[1]}") if islands[1] in _ISLAND_LETTERS else None
            return self._begins(call)
        return None

    def _begins(self, text: str) -> Place | None:
        head = text[: self._reach.get(text[:2], 2)]
        place = self._by_head.get(head, _UNKNOWN)
        if place is not _UNKNOWN:
            return place
        place = None
        for length in range(len(head), 0, -1):
            if (place := self._prefixes.get(head[:length])) is not None:
                break
        if len(self._by_head) >= _HEADS_KEPT:
            self._by_head.clear()
        self._by_head[head] = place
        return place

    def _visiting(self, first: str, second: str) -> Place | None:
        """Of "EA8/DL1ABC" and "DL1ABC/EA8"; a second part that is no prefix ("/GVIL") says nothing."""
        if len(first) < len(second) or not _CALL.fullmatch(first):
            return self._location(first) if _CALL.fullmatch(second) else None
        home = self._home(first)
        if home is not None and home.dxcc in (_UNITED_STATES, _CANADA) and second in _STATES:
            return None
        if (place := self._location(second)) is not None:
            return place
        return None if _CALL.fullmatch(second) else home

    def _location(self, prefix: str) -> Place | None:
        exact = self._prefixes.get(prefix)
        if exact is None and prefix[-1].isdigit() and _LOCATION.fullmatch(prefix):
            return self._begins(prefix)
        return exact

    def _in_area(self, call: str, digit: str) -> Place | None:
        """Of "EA1ABC/8": as if it were EA8ABC."""
        if american := _AMERICAN.match(call):
            same = american[1] == digit
            return self._home(call) if same else self._begins(f"K{digit}")
        if not _CALL.fullmatch(call):
            return None
        if area := _AREA.match(call):
            return self._begins(f"{area[1]}{digit}{call[area.end() :]}")
        return self._home(call)


def _region(dxcc: int, continent: str) -> Region:
    if continent in ("EU", "AF") or dxcc in _ASIA_IN_REGION_1:
        return 1
    if continent in ("NA", "SA") or dxcc in _OCEANIA_IN_REGION_2:
        return 2
    return 3
