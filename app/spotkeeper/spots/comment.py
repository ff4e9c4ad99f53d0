"""What the comment of a spot says about it."""

import re
from functools import lru_cache
from typing import Literal

from msgspec import Struct

from spotkeeper.spots.bands import Stretch
from spotkeeper.spots.places import LOCATOR
from spotkeeper.spots.references import references_of
from spotkeeper.spots.split import may_split

_MODES = {
    word: mode
    for mode, words in {
        "CW": "CW",
        "SSB": "SSB USB LSB",
        "AM": "AM",
        "FM": "FM NBFM",
        "C4FM": "C4FM YSF",
        "DMR": "DMR",
        "D-STAR": "DSTAR",
        "FREEDV": "FREEDV",
        "M17": "M17",
        "RTTY": "RTTY",
        "FT8": "FT8",
        "FT4": "FT4",
        "FT2": "FT2",
        "JS8": "JS8 JS8CALL",
        "JT65": "JT65 JT65A JT65B JT65C",
        "JT9": "JT9",
        "JT4": "JT4 JT4F",
        "Q65": "Q65",
        "FST4": "FST4 FST4W",
        "MSK144": "MSK144 MSK",
        "FSK441": "FSK441",
        "WSPR": "WSPR",
        "ISCAT": "ISCAT",
        "PSK": "PSK PSK31 PSK63 PSK125 BPSK BPSK31 BPSK63 QPSK31 QPSK63",
        "MFSK": "MFSK MFSK16 MFSK32",
        "OLIVIA": "OLIVIA",
        "CONTESTIA": "CONTESTIA",
        "THOR": "THOR",
        "MT63": "MT63",
        "HELL": "FELDHELL",
        "SSTV": "SSTV",
        "ATV": "ATV DATV",
        "VARA": "VARA VARAC",
    }.items()
    for word in words.split()
}
_MODE_WORDS = frozenset(_MODES)
MODES = tuple(dict.fromkeys(_MODES.values()))
# Those whose reports in dB are a signal-to-noise ratio; in the others a human's "+20dB" is meant over S9.
_REPORTS_SNR = frozenset(("FT8", "FT4", "FT2", "JS8", "JT65", "JT9", "JT4", "Q65", "FST4", "MSK144", "WSPR"))

_WORD = re.compile(r"[A-Z0-9]++")
_AM = re.compile(r"(?<!\bI )(?<![0-9] )\bAM\b")
_DECIBELS = re.compile(r"(?<![A-Z0-9.])([+-]?[0-9]{1,2}) ?DB\b|\bDB ?([+-]?[0-9]{1,2})\b")
# Begins with what is looked for, which is faster than with what may not stand before it.
_SIGNED = re.compile(r"[+-](?<![A-Z0-9.+-].)[0-9]{2}(?![A-Z0-9.]| ?HZ\b)")
_WPM = re.compile(r"\b([0-9]{1,3}) ?WPM\b")
_GRIDS = re.compile(
    rf"(?<![A-Z0-9])({LOCATOR}) ?(?:<[A-Z0-9]{{0,6}}>|-{{1,2}}>) ?({LOCATOR})[A-X0-9]?(?![A-Z0-9])"
)
# As a program of the digital modes writes: "FT8 -11dB from JO56 822Hz".
_FROM = re.compile(r"[+-][0-9]{2}DB FROM ([A-R]{2}[0-9]{2}) [0-9]{1,4}HZ\b")
# "599", "5NN"; "5-9", "5/9", "5X9", "5-59"; "59", "59+", "59+20"; "S9+10". "55" is a greeting.
_RST = re.compile(
    r"(?<![A-Z0-9.,/+:#$-])(?<!UP )(?<!DN )(?<!DOWN )(?<!ITU )(?<!ZONE )(?<!NR )(?:RST ?|RS ?|UR ?)?"
    r"(5NN|[3-5][1-9]9|5[/X-]5?[1-9](?:[/-][1-9])?"
    r"|5[1-46-9](?:\+{1,3}(?:[0-9]{2})?)?|S[1-9]\+(?:[0-9]{2})?)(?:DB)?"
    r"(?![A-Z0-9+%]|[/.,:-][0-9]"
    r"| ?(?:M|W|WATTS?|HZ|KHZ|KC|MHZ|WPM|KM|MILES|YRS?|YEARS|YO|DAYS|ANI[A-Z]*|ANN[A-Z]*|QSO|QSOS|DXCC|UP)\b)"
)
_BEACON_WORDS = frozenset(("BEACON", "BCN", "NCDXF", "IBP"))
_BEACON = re.compile(r"[BNI](?:(?<=\bB)(?:EACON|CN)|(?<=\bN)CDXF|(?<=\bI)BP)\b")
# "CW    13 dB  18 WPM  CQ" of the Reverse Beacon Network, "CW  10dB Q:5* Z:4,14" of DXSpider.
_SKIMMER = re.compile(
    r"([A-Z0-9]{2,6}) ++([+-]?[0-9]{1,2})(?:"
    r" DB(?: ++([0-9]{1,3}) WPM| ++[0-9]{1,3} BPS)? ++(?:CQ|DX|DE|(BEACON|NCDXF B))()"
    r"|DB(?: Q:[0-9]\*?)?(?: Z:[0-9,]++)?(?: \*\*SEEME\*\*)?)"
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")

_WPM_MAX = 120
_COMMENTS_KEPT = 4096

Mode = tuple[str, Literal["said", "guessed"]] | tuple[None, None]


class Remarks(Struct, frozen=True, gc=False):
    """What a comment says, whatever the frequency."""

    comment: str
    """Without control characters, stripped."""
    capitals: str
    """The same in capitals."""
    mode: str | None = None
    """The only one that is named, unless the frequency has a say in it."""
    modes: tuple[str, ...] = ()
    """Else, those that are named."""
    decibels: str | None = None
    """The only figure in dB, as it was said."""
    signed: str | None = None
    """The only figure of two digits with a sign and no unit."""
    rst: str | None = None
    wpm: int | None = None
    grids: tuple[str | None, str] | None = None
    """The spotter's, then the DX's."""
    references: tuple[str, ...] = ()
    beacon: bool = False
    may_split: bool = False
    """Worth a look for where the DX listens."""
    skimmer: bool = False
    """In the words of the Reverse Beacon Network."""


_NOTHING = Remarks("", "")


@lru_cache(_COMMENTS_KEPT)
def read(text: str) -> Remarks:
    comment = clean(text)
    if not comment:
        return _NOTHING
    capitals = comment.upper()
    if "DB" in capitals and (found := _SKIMMER.fullmatch(capitals)):
        return _of_skimmer(comment, capitals, found)
    words = _WORD.findall(capitals)
    modes = _modes_in(comment, words)
    clear = len(modes) == 1 and modes[0] != "FM"
    return Remarks(
        comment,
        capitals,
        modes[0] if clear else None,
        () if clear else modes,
        _decibels_in(capitals) if "DB" in capitals else None,
        _only(_SIGNED.findall(capitals)) if "-" in capitals or "+" in capitals else None,
        _rst_in(capitals),
        _wpm_in(capitals) if "WPM" in capitals else None,
        _grids_in(capitals),
        references_of(capitals),
        not _BEACON_WORDS.isdisjoint(words) and _BEACON.search(capitals) is not None,
        may_split(capitals),
    )


def _of_skimmer(comment: str, capitals: str, found: re.Match[str]) -> Remarks:
    mode, decibels, wpm, beacon, rbn = found.groups()
    return Remarks(
        comment,
        capitals,
        _MODES.get(mode),
        (),
        decibels,
        None,
        None,
        int(wpm) if wpm and 0 < int(wpm) <= _WPM_MAX else None,
        None,
        (),
        beacon is not None,
        False,
        rbn is not None,
    )


def clean(text: str) -> str:
    """Without control characters, stripped."""
    if not text.isprintable():
        text = _CONTROL.sub(" ", text)
    return text.strip()


def mode_of(remarks: Remarks, stretch: Stretch) -> Mode:
    """The mode and where it is from: a whole word of the comment, else the use of the frequency.

    Two modes in one comment leave it to the frequency to say which is meant.
    """
    if remarks.mode is not None:
        return remarks.mode, "said"
    if remarks.modes:
        modes = [mode for mode in remarks.modes if mode != "FM" or stretch.has_fm]
        if len(modes) == 1:
            return modes[0], "said"
    usual = stretch.usual_mode
    return (usual, "guessed") if usual is not None else (None, None)


def snr_of(remarks: Remarks, mode: str | None, machine: bool) -> str | None:
    """The signal-to-noise ratio in dB as it was said, where that is what the comment's figure means."""
    if mode in _REPORTS_SNR:
        return remarks.decibels or remarks.signed
    return remarks.decibels if machine else None


def _modes_in(comment: str, words: list[str]) -> tuple[str, ...]:
    if _MODE_WORDS.isdisjoint(words):
        return ()
    modes = {_MODES[word] for word in words if word in _MODES}
    if "AM" in modes and not _AM.search(comment):
        modes.remove("AM")
    return tuple(modes)


def _decibels_in(capitals: str) -> str | None:
    return _only([before or after for before, after in _DECIBELS.findall(capitals)])


def _rst_in(capitals: str) -> str | None:
    if "5" not in capitals and "9" not in capitals and "+" not in capitals:
        return None
    found = _RST.search(capitals)
    return found[1] if found else None


def _grids_in(capitals: str) -> tuple[str | None, str] | None:
    if ">" in capitals and (found := _GRIDS.search(capitals)):
        return found[1], found[2]
    if " FROM " in capitals and (found := _FROM.search(capitals)):
        return None, found[1]
    return None


def _wpm_in(capitals: str) -> int | None:
    found = _WPM.search(capitals)
    return int(found[1]) if found and 0 < int(found[1]) <= _WPM_MAX else None


def _only(found: list[str]) -> str | None:
    return found[0] if found and found.count(found[0]) == len(found) else None
