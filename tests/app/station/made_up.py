"""What a scraper says of itself that does not run."""

from typing import Any

import msgspec
from spotkeeper.status import Counted, DatabaseStatus, NodeStatus, SpoolStatus, Status

NOW = 1_764_042_900.0  # 2025-11-25 03:55 UTC


def node(name: str = "demo", **other: Any) -> NodeStatus:
    """Up and busy, unless said otherwise."""
    usual = NodeStatus(
        name=name,
        kind="dxspider",
        address="192.0.2.1:7300",
        phase="up",
        since=NOW - 3600,
        last_line=NOW - 1,
        last_spot=NOW - 2,
        lines=1300,
        spots=1234,
        sessions=1,
    )
    return msgspec.structs.replace(usual, **other)


def status(**other: Any) -> Status:
    """All is well, unless said otherwise."""
    usual = Status(
        version="1.0",
        started=NOW - 3600,
        now=NOW,
        nodes=[node()],
        spool=SpoolStatus(lines=0, bytes=0, max_bytes=2_048_000_000, oldest=None),
        database=DatabaseStatus(up=True, trouble="", since=None),
        counted=Counted(received=1234, stored=1200, doubled=34, recovered=0, unparsed=0, refused=0),
        countries=True,
        hung=[],
    )
    return msgspec.structs.replace(usual, **other)
