"""What nodes say and expect around the log-in."""

import re
from typing import Literal

from spotkeeper.settings import NodeKind

EndReason = Literal[
    "unreachable",
    "no_prompt",
    "refused",
    "bumped",
    "shutdown",
    "closed",
    "reset",
    "silent",
    "spool_full",
    "stopped",
]

LOGIN_PROMPT = re.compile(rb"\b(?:login|call|callsign) ?: ?$", re.IGNORECASE)
PASSWORD_PROMPT = re.compile(rb"\bpassword ?: ?$", re.IGNORECASE)
# "F5AAA de GB7TST-2 24-Nov-2026 0355Z dxspider >"
COMMAND_PROMPT = re.compile(rb"^(?!DX )[A-Z0-9/-]++ de [A-Z0-9/-]++ .*> ?$")

_SIGNS: tuple[tuple[re.Pattern[bytes], EndReason], ...] = (
    (re.compile(rb"^Sorry\b"), "refused"),
    (re.compile(rb"^Reconnected as .* this instance is disconnected"), "bumped"),
    (re.compile(rb"^\S+ shutting down"), "shutdown"),
    (re.compile(rb"^Disconnected by "), "shutdown"),
)


def sign_of_end(line: bytes) -> EndReason | None:
    """What a node's parting words mean, None for any other line."""
    for pattern, reason in _SIGNS:
        if pattern.search(line):
            return reason
    return None


def commands(kind: NodeKind) -> tuple[bytes, ...]:
    """What is asked for after each log-in: the spots of before, where the node keeps them."""
    return (b"sh/dx 100",) if kind in ("dxspider", "cccluster") else ()
