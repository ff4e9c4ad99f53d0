"""systemd's notify socket and journal, in plain protocol."""

import logging
import os
import socket
import struct
import subprocess
from contextlib import suppress
from typing import NamedTuple

# syslog's levels, which the journal reads from the head of each line (sd-daemon(3)).
PRIORITIES = {logging.CRITICAL: 2, logging.ERROR: 3, logging.WARNING: 4, logging.INFO: 6, logging.DEBUG: 7}
# What a record may carry in `extra` besides its sentence; the journal has it as SPOTKEEPER_EVENT= and so on.
FIELDS = ("event", "node", "reason")
JOURNAL = "/run/systemd/journal/socket"
JOURNAL_SECONDS = 1.0
SYSTEMCTL = "/usr/bin/systemctl"
SYSTEMCTL_SECONDS = 3.0


class Unit(NamedTuple):
    """A unit as systemd sees it; `since` is the Unix time of its last change of state."""

    state: str
    since: float | None
    result: str
    restarts: int


def unit(name: str) -> Unit | None:
    """What systemd says of a unit; None where there is no systemd, or it does not know the unit."""
    try:
        shown = subprocess.run(  # noqa: S603  names of our own units
            [
                SYSTEMCTL,
                "show",
                "--timestamp=unix",
                "--property=LoadState,ActiveState,StateChangeTimestamp,Result,NRestarts",
                name,
            ],
            capture_output=True,
            text=True,
            timeout=SYSTEMCTL_SECONDS,
            check=True,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    said = dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)
    if said.get("LoadState") != "loaded":
        return None
    since = said.get("StateChangeTimestamp", "").removeprefix("@")
    return Unit(
        said["ActiveState"],
        float(since) if since.isdigit() else None,
        said["Result"],
        int(said["NRestarts"]),
    )


def notify(state: str) -> None:
    """Send one state, such as "READY=1", "STATUS=…", "WATCHDOG=1" or "STOPPING=1".

    Does nothing when the process was not started by systemd.
    """
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    # A message lost while systemd re-executes itself is made good by the next one.
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as messenger:
        messenger.sendto(state.encode(), address)


class JournalHandler(logging.Handler):
    """Sends each record as one entry: a sentence for people, fields to search by.

    `journalctl SPOTKEEPER_NODE=mynode` shows all of one node. What the journal does not take goes to stderr.
    """

    def __init__(self, address: str = JOURNAL) -> None:
        super().__init__()
        self.setFormatter(logging.Formatter("%(message)s"))
        self._address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.settimeout(JOURNAL_SECONDS)
        self._stderr = logging.StreamHandler()
        self._stderr.setFormatter(_PriorityFormatter())

    def emit(self, record: logging.LogRecord) -> None:
        fields = {
            "MESSAGE": self.format(record),
            "PRIORITY": str(PRIORITIES.get(record.levelno, 6)),
            "SYSLOG_IDENTIFIER": "spotkeeper",
            "SPOTKEEPER_MODULE": record.name,
        } | {
            f"SPOTKEEPER_{name.upper()}": str(getattr(record, name))
            for name in FIELDS
            if getattr(record, name, None)
        }
        try:
            self._socket.sendto(b"".join(map(_entry_field, fields, fields.values())), self._address)
        except OSError:
            self._stderr.emit(record)


def _entry_field(name: str, value: str) -> bytes:
    """systemd's Journal Native Protocol: a value is sent with its length, since it may hold line ends."""
    data = value.encode(errors="replace")
    return name.encode() + b"\n" + struct.pack("<Q", len(data)) + data + b"\n"


class _PriorityFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        priority = PRIORITIES.get(record.levelno, 6)
        return "\n".join(f"<{priority}>{line}" for line in super().format(record).splitlines())


def log_handler() -> logging.Handler:
    """To the journal under systemd, to stderr with the time for a person."""
    if "JOURNAL_STREAM" in os.environ and os.path.exists(JOURNAL):
        return JournalHandler()
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    return handler
