"""What the comment of a spot says about it; `capitals` is the comment in capitals."""

import re
from typing import Literal

from spotkeeper.spots.bands import has_fm, usual_mode

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
        "PSK": "PSK PSK31 PSK63 PSK125 BPSK BPSK31 BPSK63 QPSK31 QPSK63",
        "MFSK": "MFSK MFSK16 MFSK32",
        "OLIVIA": "OLIVIA",
        "HELL": "FELDHELL",
        "SSTV": "SSTV",
        "ATV": "ATV DATV",
        "VARA": "VARA VARAC",
    }.items()
    for word in words.split()
}
MODES = tuple(dict.fromkeys(_MODES.values()))
# Those whose reports in dB are a signal-to-noise ratio; in the others a human's "+20dB" is meant over S9.
_REPORTS_SNR = frozenset(("FT8", "FT4", "FT2", "JS8", "JT65", "JT9", "JT4", "Q65", "FST4", "MSK144", "WSPR"))

_WORD = re.compile(r"[A-Z0-9]++")
_AM = re.compile(r"(?<!\bI )(?<![0-9] )\bAM\b")
_SNR = re.compile(r"(?<![A-Z0-9.])([+-]?[0-9]{1,2}) ?DB\b|\bDB ?([+-]?[0-9]{1,2})\b")
_WPM = re.compile(r"\b([0-9]{1,3}) ?WPM\b")
_LOCATOR = r"[A-R]{2}[0-9]{2}(?:[A-X]{2}(?:[0-9]{2})?+)?+"
_GRIDS = re.compile(rf"(?<![A-Z0-9])({_LOCATOR}) ?<[A-Z0-9]{{0,6}}> ?({_LOCATOR})(?![A-Z0-9])")

_WPM_MAX = 120

Mode = tuple[str, Literal["said", "guessed"]] | tuple[None, None]


def mode_of(comment: str, capitals: str, frequency_hz: int) -> Mode:
    """The mode and where it is from: a whole word of the comment, else the use of the frequency.

    Two modes in one comment leave it to the frequency to say which is meant.
    """
    said = None
    for word in _WORD.findall(capitals):
        mode = _MODES.get(word)
        if mode is None or mode == said or not _is_meant(mode, comment, frequency_hz):
            continue
        if said is not None:
            said = None
            break
        said = mode
    if said is not None:
        return said, "said"
    usual = usual_mode(frequency_hz)
    return (usual, "guessed") if usual is not None else (None, None)


def _is_meant(mode: str, comment: str, frequency_hz: int) -> bool:
    if mode == "FM":
        return has_fm(frequency_hz)
    if mode == "AM":
        return _AM.search(comment) is not None
    return True


def snr_of(capitals: str, mode: str | None, machine: bool) -> int | None:
    """The signal-to-noise ratio in dB, where that is what the comment's figure means."""
    if not (machine or mode in _REPORTS_SNR):
        return None
    found = _SNR.search(capitals)
    return int(found[1] or found[2]) if found else None


def wpm_of(capitals: str) -> int | None:
    """The speed in words a minute."""
    found = _WPM.search(capitals)
    if found and 0 < int(found[1]) <= _WPM_MAX:
        return int(found[1])
    return None


def grids_of(capitals: str) -> tuple[str, str] | None:
    """The locators of "EM56NL<>CN85BM": the spotter's, then the DX's."""
    found = _GRIDS.search(capitals)
    return (found[1], found[2]) if found else None
