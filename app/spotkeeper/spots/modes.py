"""What kind of mode a mode is."""

from spotkeeper.spots.comment import MODES

VOICE, CW, DIGITAL, UNKNOWN = CLASSES = ("voice", "cw", "digital", "unknown")

_VOICE = frozenset(("SSB", "AM", "FM", "C4FM", "DMR", "D-STAR", "FREEDV", "M17"))


def class_of(mode: str | None) -> str:
    """Voice, be it coded in digits or not; CW; digital, pictures among them; unknown without a mode."""
    if mode is None:
        return UNKNOWN
    if mode in _VOICE:
        return VOICE
    return CW if mode == "CW" else DIGITAL


MODES_OF = {name: tuple(mode for mode in MODES if class_of(mode) == name) for name in (VOICE, DIGITAL)}
"""The modes of the classes that have several."""
