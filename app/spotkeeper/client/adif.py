"""A spot as a record of ADIF 3.1.4, https://adif.org/314/ADIF_314.htm."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

# Modes that ADIF has as a submode of another.
SUBMODES = {
    "C4FM": "DIGITALVOICE", "DMR": "DIGITALVOICE", "D-STAR": "DIGITALVOICE", "FREEDV": "DIGITALVOICE",
    "M17": "DIGITALVOICE", "FT4": "MFSK", "FST4": "MFSK", "JS8": "MFSK", "Q65": "MFSK",
}  # fmt: skip
SUBMODE_NAMES = {"D-STAR": "DSTAR"}


def record(spot: Mapping[str, Any]) -> str:
    """One record and a line break; `spot` is as the API writes it. What is not ASCII becomes "?"."""
    time = datetime.fromisoformat(spot["time"])
    mode = spot.get("mode") or ""
    fields = {
        "QSO_DATE": f"{time:%Y%m%d}",
        "TIME_ON": f"{time:%H%M}",
        "CALL": spot["dx"],
        "FREQ": f"{spot['frequency_khz'] / 1000:.6f}",
        "BAND": spot.get("band"),
        "MODE": SUBMODES.get(mode, mode) or None,
        "SUBMODE": SUBMODE_NAMES.get(mode, mode) if mode in SUBMODES else None,
        "GRIDSQUARE": spot.get("dx_grid"),
        "DXCC": spot.get("dx_dxcc"),
        "CONT": spot.get("dx_continent"),
        "CQZ": spot.get("dx_cq_zone"),
        "ITUZ": spot.get("dx_itu_zone"),
        "PROP_MODE": spot.get("propagation"),
        "COMMENT": f"spotted by {spot['spotter']}: {spot.get('comment') or ''}".rstrip(": "),
    }
    return (
        " ".join(_field(name, str(value)) for name, value in fields.items() if value is not None) + " <EOR>\n"
    )


def _field(name: str, value: str) -> str:
    text = value.encode("ascii", "replace").decode()
    return f"<{name}:{len(text)}>{text}"
