"""The columns that the table of spots can have."""

from collections.abc import Collection

COLUMNS = {
    "time": "UTC",
    "local": "Local",
    "khz": "kHz",
    "band": "Band",
    "mode": "Mode",
    "dx": "DX",
    "country": "Country",
    "spotter": "Spotter",
    "distance": "Distance",
    "bearing": "Bearing",
    "signal": "Signal",
    "comment": "Comment",
    "node": "Node",
}
"""Their headings, in the order in which they stand."""

ALWAYS = frozenset(("time", "khz", "dx"))
USUAL = ("time", "local", "khz", "band", "mode", "dx", "spotter", "signal", "comment")


def in_order(names: Collection[str]) -> list[str]:
    """Those of the names, and the ones without which a spot is none."""
    return [name for name in COLUMNS if name in names or name in ALWAYS]
