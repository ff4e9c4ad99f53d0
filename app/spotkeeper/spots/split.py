"""Where the DX listens when it is not where it sends."""

import re

from spotkeeper.spots.bands import band_of

# What may follow a figure without making it doubtful: not a range, a list, or another unit.
_ALONE = r"(?![A-Z0-9.%+]| ?(?:[-/,&~]|TO|OR|AND) ?[0-9]| [0-9]| ?(?:W|WATTS?|DB|WPM|M|MIN|MILES)\b)"
_NUMBER = r"([0-9]{1,9}(?:\.[0-9]{1,3})?)"
_FEW = r"([0-9]{1,2}(?:\.[0-9]{1,2})?)"
_KHZ = r"(?: ?K(?:HZ|CS?)?)?"
_QSX = re.compile(rf"\b(?:QSX|LSN|LISTEN(?:ING|S)?)(?: ON| AT)?[ :=]{{0,3}}{_NUMBER}(?: ?MHZ|{_KHZ}){_ALONE}")
_UP = re.compile(
    rf"(?<![A-Z0-9.<>])(?<!QSY )(?<!PILE )(?<!PILE-)(?:(UP)|DN(?![0-9]{{2}})|DWN|DOWN) ?{_FEW}{_KHZ}{_ALONE}"
)
_BEHIND = re.compile(
    rf"(?<![A-Z0-9.,/&~+-])(?<!QSY )(?<!TO )(?<!OR ){_FEW}{_KHZ} ?(?:(UP)|DN|DWN|DOWN)\b(?! ?[0-9])"
)
_MAX_KHZ = 50.0
_MHZ = 1_000_000


def may_split(capitals: str) -> bool:
    """A cheap test, before `qsx_of`."""
    return (
        "UP" in capitals
        or "QSX" in capitals
        or "DN" in capitals
        or "DOWN" in capitals
        or "DWN" in capitals
        or "LSN" in capitals
        or "LISTEN" in capitals
    )


def qsx_of(capitals: str, frequency_hz: int) -> int | None:
    """Hz; of "QSX 14205", "QSX 14.205", "QSX 205", "UP 5" and "5 UP", and None where that is doubtful:
    a range, two that differ, another band.
    """
    found = set()
    for text in _QSX.findall(capitals):
        found.add(_absolute(text, frequency_hz))
    for up, khz in _UP.findall(capitals):
        found.add(_beside(khz, up, frequency_hz))
    for khz, up in _BEHIND.findall(capitals):
        found.add(_beside(khz, up, frequency_hz))
    return found.pop() if len(found) == 1 else None


def _absolute(text: str, frequency_hz: int) -> int | None:
    number = float(text)
    whole, _, decimals = text.partition(".")
    if number >= 1000:
        hz = round(number * 1000)
    elif len(decimals) >= 2:
        hz = round(number * _MHZ)
    elif len(whole) == 3 and not decimals:
        hz = frequency_hz // _MHZ * _MHZ + round(number * 1000)
    else:
        return None
    return hz if _same_band(hz, frequency_hz) else None


def _beside(khz: str, up: str, frequency_hz: int) -> int | None:
    number = float(khz)
    if not 0 < number <= _MAX_KHZ:
        return None
    hz = frequency_hz + round(number * (1000 if up else -1000))
    return hz if _same_band(hz, frequency_hz) else None


def _same_band(hz: int, frequency_hz: int) -> bool:
    band = band_of(frequency_hz)
    return band is not None and band_of(hz) == band
