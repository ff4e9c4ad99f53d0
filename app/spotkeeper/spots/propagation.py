"""By what way a signal came, and through which satellite."""

import re

# What stands between two locators, or alone in such brackets: ADIF's PROP_MODE.
_TAGS = {
    "AS": "AS",
    "AU": "AUR",
    "AUE": "AUE",
    "AUR": "AUR",
    "AURORA": "AUR",
    "BS": "BS",
    "EME": "EME",
    "ES": "ES",
    "F2": "F2",
    "FAI": "FAI",
    "ION": "ION",
    "IONO": "ION",
    "MS": "MS",
    "RS": "RS",
    "SAT": "SAT",
    "TEP": "TEP",
    "TR": "TR",
    "TROPO": "TR",
}
_TAG = re.compile(r"<([A-Z0-9]{2,6})>")

_WORDS = {
    "EME": "EME",
    "MOONBOUNCE": "EME",
    "TROPO": "TR",
    "TEP": "TEP",
    "SPORADIC": "ES",
    "ESKIP": "ES",
    "METEOR": "MS",
    "AURORA": "AUR",
    "BACKSCATTER": "BS",
    "RAINSCATTER": "RS",
    "IONOSCATTER": "ION",
    "ECHOLINK": "ECH",
}
_WORD = re.compile(
    r"\b(?:(EME|MOONBOUNCE|TROPO|TEP|SPORADIC(?=[ -]?E\b)|METEOR(?=[ -]?SC)|AURORA|ECHOLINK)"
    r"|(E)-?(SKIP)|(BACK|RAIN|IONO)[ -]?(SCATTER))\b"
)
# Below, the ionosphere carries all signals and the words mean something else; Aurora is a town, too.
LOWEST_HZ = 28_000_000
_LOWEST_AURORA_HZ = 50_000_000

_SATELLITE_NAMES = """
AO-7 AO-27 AO-73 AO-85 AO-91 AO-92 AO-95 AO-109 AO-123 CAS-3H CAS-4A CAS-4B CAS-6 CAS-10 EO-79 EO-88 FO-29
FO-99 FO-118 HO-107 HO-113 IO-86 IO-117 JO-97 LO-19 LO-87 LO-90 MO-112 MO-122 NO-44 NO-83 NO-84 NO-103 NO-104
PO-101 QO-100 RS-15 RS-44 SO-50 SO-67 SO-121 SO-124 SO-125 TO-108 TO-123 UO-11 XW-2A XW-2B XW-2C XW-2D XW-2E
XW-2F XW-3 XW-4 ISS
"""
_SATELLITES = frozenset(_SATELLITE_NAMES.split())
_SATELLITE = re.compile(
    r"(?<![A-Z0-9/-])(?:(ISS)|(AO|CAS|EO|FO|HO|IO|JO|LO|MO|NO|PO|QO|RS|SO|TO|UO|XW)(-?)([0-9]{1,3}[A-H]?))\b"
)
# Two letters and two digits without a dash may as well be a locator.
_LOCATOR = re.compile(r"[A-R]{2}[0-9]{2}")
# Hz: the transponders of the one geostationary satellite, where nothing else is heard.
_QO_100 = range(10_489_500_000, 10_490_000_001)


def way_of(capitals: str, frequency_hz: int) -> str | None:
    """ADIF's PROP_MODE, as "ES"; None where it is not said, or two are."""
    found = {_TAGS[tag] for tag in _TAG.findall(capitals) if tag in _TAGS}
    if not found and frequency_hz >= LOWEST_HZ:
        found = {_WORDS["".join(parts)] for parts in _WORD.findall(capitals)}
        if frequency_hz < _LOWEST_AURORA_HZ:
            found.discard("AUR")
    return found.pop() if len(found) == 1 else None


def satellite_of(capitals: str, frequency_hz: int) -> str | None:
    """As "QO-100"; None where none is said, or two are."""
    found = set()
    if frequency_hz >= LOWEST_HZ:
        for station, letters, dash, number in _SATELLITE.findall(capitals):
            name = station or f"{letters}-{number}"
            if name in _SATELLITES and (station or dash or not _LOCATOR.fullmatch(letters + number)):
                found.add(name)
    if not found and frequency_hz in _QO_100:
        return "QO-100"
    return found.pop() if len(found) == 1 else None
