"""Spots as ADIF 3.1, the format of logs.

A spot is no contact, and nobody's log. So each record says QSO_COMPLETE N, and there is no STATION_CALLSIGN,
no OPERATOR and no report, for nobody has given one. CALL is the DX; QSO_DATE and TIME_ON are the spot's
minute; FREQ and BAND are its frequency. MODE is there only when the report says it; what the band plan
guesses is told as APP_SPOTKEEPER_GUESSED_MODE. GRIDSQUARE, SOTA_REF, POTA_REF, WWFF_REF, IOTA, PROP_MODE and
SAT_NAME are there when the comment says them. Entity and zones, which the country file tells by the call,
are left to the program that reads the file. Who reported, and what a skimmer measured, stands in
APP_SPOTKEEPER_SPOTTER, _SOURCE and _SNR_DB. ADIF's texts are ASCII: other characters of a comment become “?”.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

ADIF_VERSION = "3.1.4"

FIELDS = (
    "time", "dx", "spotter", "frequency_khz", "band", "mode", "mode_source", "source", "snr_db", "comment",
    "dx_grid", "propagation", "satellite", "references",
)  # fmt: skip
"""What a record is made of, as the API names it."""

# MODE and SUBMODE of what has another name in ADIF.
_MODES = {
    "C4FM": ("DIGITALVOICE", "C4FM"),
    "DMR": ("DIGITALVOICE", "DMR"),
    "D-STAR": ("DIGITALVOICE", "DSTAR"),
    "FREEDV": ("DIGITALVOICE", "FREEDV"),
    "M17": ("DIGITALVOICE", "M17"),
    "FT4": ("MFSK", "FT4"),
    "JS8": ("MFSK", "JS8"),
    "Q65": ("MFSK", "Q65"),
    "FST4": ("MFSK", "FST4"),
    "CONTESTIA": ("CONTESTI", ""),
    "VARA": ("DYNAMIC", ""),
    "FT2": ("MFSK", "FT2"),
}
_BANDS = {"2200m": "2190m"}
_REFERENCES = {"SOTA": "SOTA_REF", "POTA": "POTA_REF", "WWFF": "WWFF_REF", "IOTA": "IOTA"}
# ADIF takes a list of parks; of the others one.
_LISTED = frozenset(("POTA_REF",))


def header() -> str:
    """What stands before the records."""
    return (
        "Spots of a DX cluster by Spotkeeper. They are no contacts.\n"
        + _fields(
            ADIF_VER=ADIF_VERSION,
            CREATED_TIMESTAMP=f"{datetime.now(UTC):%Y%m%d %H%M%S}",
            PROGRAMID="Spotkeeper",
            PROGRAMVERSION=version("spotkeeper"),
        )
        + "<EOH>\n"
    )


def record(spot: Mapping[str, Any]) -> str:
    """The spot as a line; of FIELDS each value is as the API writes it, and None when it is not there."""
    given = {name: spot.get(name) for name in FIELDS}
    time = spot["time"]
    mode, submode = _mode(given["mode"], given["mode_source"])
    return (
        _fields(
            CALL=spot["dx"],
            QSO_DATE=time[:10].replace("-", ""),
            TIME_ON=time[11:16].replace(":", ""),
            FREQ=f"{spot['frequency_khz'] / 1000:.6f}".rstrip("0").rstrip("."),
            BAND=_BANDS.get(given["band"] or "", given["band"]),
            MODE=mode,
            SUBMODE=submode,
            GRIDSQUARE=given["dx_grid"],
            COMMENT=_ascii(given["comment"] or ""),
            QSO_COMPLETE="N",
            PROP_MODE=given["propagation"],
            SAT_NAME=given["satellite"],
            **_references(given["references"] or ()),
            APP_SPOTKEEPER_SPOTTER=spot["spotter"],
            APP_SPOTKEEPER_SOURCE=given["source"],
            APP_SPOTKEEPER_SNR_DB=None if given["snr_db"] is None else str(given["snr_db"]),
            APP_SPOTKEEPER_GUESSED_MODE=given["mode"] if given["mode_source"] == "guessed" else None,
        )
        + "<EOR>\n"
    )


def _fields(**values: str | None) -> str:
    """Those that are not empty."""
    return "".join(f"<{name}:{len(text)}>{text} " for name, text in values.items() if text)


def _mode(mode: str | None, source: str | None) -> tuple[str, str]:
    if mode is None or source != "said":
        return "", ""
    return _MODES.get(mode, (mode, ""))


def _references(references: Iterable[str]) -> dict[str, str]:
    found = defaultdict[str, list[str]](list)
    for reference in references:
        programme, _, number = reference.partition(":")
        if name := _REFERENCES.get(programme):
            found[name].append(number)
    return {name: ",".join(numbers if name in _LISTED else numbers[:1]) for name, numbers in found.items()}


def _ascii(text: str) -> str:
    """Letters without their accents; “?” for what has no likeness in ASCII."""
    if text.isascii() and text.isprintable():
        return text
    plain = unicodedata.normalize("NFKD", text)
    return "".join(c if " " <= c <= "~" else "?" for c in plain if not unicodedata.combining(c))
