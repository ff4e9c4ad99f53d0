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
Refusal = Literal["invalid_call", "not_registered", "password", "connected_elsewhere", "locked_out", "other"]

LOGIN_PROMPT = re.compile(rb"\b(?:login|call|call ?sign) ?: ?$", re.IGNORECASE)
PASSWORD_PROMPT = re.compile(rb"\bpassword ?: ?$", re.IGNORECASE)
# "F5AAA de GB7TST-2 24-Nov-2026 0355Z dxspider >"; AR-Cluster's ends in "arc>"
COMMAND_PROMPT = re.compile(rb"^(?!DX )[A-Z0-9/-]++ de [A-Z0-9/-]++ .*> ?$")

_SIGNS: tuple[tuple[re.Pattern[bytes], EndReason], ...] = (
    (re.compile(rb"^Sorry\b"), "refused"),
    (re.compile(rb"^Reconnected as .* this instance is disconnected"), "bumped"),
    (re.compile(rb"^\S+ shutting down"), "shutdown"),
    (re.compile(rb"^Disconnected by "), "shutdown"),
)
_REFUSALS: tuple[tuple[re.Pattern[bytes], Refusal], ...] = (
    (re.compile(rb"\binvalid call", re.IGNORECASE), "invalid_call"),
    (re.compile(rb"\bregister", re.IGNORECASE), "not_registered"),
    (re.compile(rb"\bconnected to me on another port\b"), "connected_elsewhere"),
)

_ADVICE: dict[EndReason, str] = {
    "unreachable": "Check host and port of the node, and this station's own connection to the Internet.",
    "no_prompt": "What answers there may not be a DX cluster: check host and port.",
    "bumped": "Another program uses the same callsign there: give each an SSID of its own (-1 to -99).",
    "shutdown": "Nothing: the node is back soon, as a rule.",
    "closed": "Nothing, unless it goes on: then ask the node's sysop.",
    "reset": "Nothing, unless it goes on: then the network on the way to the node is bad.",
    "silent": "Nothing, unless it goes on: then the node is down, or its kind is set wrongly.",
    "spool_full": "Make room on the disk, and see why the database does not take the spots.",
}
_REFUSAL_ADVICE: dict[Refusal, str] = {
    "invalid_call": "Check the callsign in the settings: this node does not take it.",
    "not_registered": "Ask the node's sysop to register the callsign, or choose another node.",
    "password": "Check the node's password file: it must hold the password this node knows for the callsign.",
    "connected_elsewhere": "Another program uses the same callsign there: end it, or give each an SSID of its"
    " own (-1 to -99).",
    "locked_out": "Ask the node's sysop whether the callsign or this station's address is locked out.",
    "other": "Read what the node says, and ask its sysop.",
}


def sign_of_end(line: bytes) -> EndReason | None:
    """What a node's parting words mean, None for any other line."""
    for pattern, reason in _SIGNS:
        if pattern.search(line):
            return reason
    return None


def refusal_in(line: bytes) -> Refusal:
    """Why a node refuses that says so in this line."""
    for pattern, refusal in _REFUSALS:
        if pattern.search(line):
            return refusal
    return "other"


def advice(reason: EndReason, refusal: Refusal | None) -> str:
    """What the owner can do about a session that ended so."""
    return _REFUSAL_ADVICE[refusal] if refusal else _ADVICE.get(reason, "")


def ask_for_history(kind: NodeKind, spots: int) -> bytes | None:
    """The command for the last `spots` spots; None for a network that keeps none."""
    match kind:
        case "rbn":
            return None
        case "arcluster":
            return b"show/dx/%d" % spots
        case _:
            return b"sh/dx %d" % spots
