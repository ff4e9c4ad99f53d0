"""Reasons why lines are refused, so that they can be counted."""

import re

_QUOTED = re.compile(r"""b?'(?:[^'\\]|\\.)*'|b?"(?:[^"\\]|\\.)*\"""")
_KHZ = re.compile(r"[0-9.]+(?= kHz\b)")


def without_values(reason: str) -> str:
    """ "'K1ABC!' is not a call" as "… is not a call"."""
    return _KHZ.sub("…", _QUOTED.sub("…", reason))
