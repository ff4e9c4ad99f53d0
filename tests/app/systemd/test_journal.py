"""What the journal gets, at a socket in its place."""

import logging
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from spotkeeper.systemd import JournalHandler


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as journal:
        journal.bind(str(tmp_path / "journal"))
        journal.settimeout(5)
        yield journal


@pytest.fixture
def log(tmp_path: Path, journal: socket.socket) -> logging.Logger:
    log = logging.Logger("spotkeeper.test")
    log.addHandler(JournalHandler(str(tmp_path / "journal")))
    return log


def entry(journal: socket.socket) -> dict[str, str]:
    """Taken apart as systemd's Journal Native Protocol says."""
    rest = journal.recv(65536)
    fields = {}
    while rest:
        name, rest = rest.split(b"\n", 1)
        (length,) = struct.unpack("<Q", rest[:8])
        fields[name.decode()] = rest[8 : 8 + length].decode()
        assert rest[8 + length : 9 + length] == b"\n"
        rest = rest[9 + length :]
    return fields


def test_a_sentence_and_fields(log: logging.Logger, journal: socket.socket) -> None:
    log.warning("%s: says no", "demo", extra={"event": "ended", "node": "demo", "reason": "refused"})
    assert entry(journal) == {
        "MESSAGE": "demo: says no",
        "PRIORITY": "4",
        "SYSLOG_IDENTIFIER": "spotkeeper",
        "SPOTKEEPER_MODULE": "spotkeeper.test",
        "SPOTKEEPER_EVENT": "ended",
        "SPOTKEEPER_NODE": "demo",
        "SPOTKEEPER_REASON": "refused",
    }


def test_a_traceback_is_one_entry(log: logging.Logger, journal: socket.socket) -> None:
    try:
        raise ValueError("made up")
    except ValueError:
        log.exception("it broke")
    message = entry(journal)["MESSAGE"]
    assert message.startswith("it broke\nTraceback")
    assert message.endswith("ValueError: made up")


def test_no_line_end_makes_a_field_of_its_own(log: logging.Logger, journal: socket.socket) -> None:
    log.info("a node says %s", "this\nPRIORITY=0")
    assert entry(journal)["PRIORITY"] == "6"


def test_what_the_journal_does_not_take_goes_to_stderr(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = logging.Logger("spotkeeper.test")
    log.addHandler(JournalHandler(str(tmp_path / "nowhere")))
    log.error("nobody listens")
    assert capsys.readouterr().err.endswith("<3>nobody listens\n")
