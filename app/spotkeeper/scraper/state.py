"""How it stands with one node, for people and for other programs."""

from typing import Literal

import msgspec

from spotkeeper.scraper.dialect import EndReason
from spotkeeper.settings import NodeKind

Phase = Literal["connecting", "logging in", "up", "waiting", "given up"]


class NodeState(msgspec.Struct, kw_only=True):
    """The present state of the link to `name`; times are Unix seconds, None for never.

    `reason`, `sentence` and `advice` are of the last session that ended; they are empty while all is well.
    Counts are since the start of the process.
    """

    name: str
    kind: NodeKind
    address: str
    phase: Phase
    since: float
    reason: EndReason | None = None
    sentence: str = ""
    advice: str = ""
    next_attempt: float | None = None
    last_line: float | None = None
    last_spot: float | None = None
    lines: int = 0
    spots: int = 0
    sessions: int = 0
