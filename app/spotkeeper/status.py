"""What the scraper says of itself, GET /status on its metrics port."""

from http.client import HTTPConnection, HTTPException

import msgspec

SECONDS = 3.0


class NodeStatus(msgspec.Struct, kw_only=True):
    """The link to one node; times are Unix seconds, None for never. Counts are since the start."""

    name: str
    kind: str
    address: str
    phase: str
    since: float
    reason: str | None = None
    sentence: str = ""
    advice: str = ""
    next_attempt: float | None = None
    last_line: float | None = None
    last_spot: float | None = None
    lines: int = 0
    spots: int = 0
    sessions: int = 0


class SpoolStatus(msgspec.Struct, kw_only=True):
    """What waits for the database; `oldest` is when its first line came, in Unix seconds."""

    lines: int
    bytes: int
    max_bytes: int
    oldest: float | None


class DatabaseStatus(msgspec.Struct, kw_only=True):
    """Whether it takes spots, and if not, in which words and since when (Unix seconds)."""

    up: bool
    trouble: str
    since: float | None


class Counted(msgspec.Struct, kw_only=True):
    """Spots since the start: received = stored + doubled + unparsed + refused, once the spool is empty.

    Lines of a run before that waited in the spool are counted where they were received.
    """

    received: int
    stored: int
    doubled: int
    recovered: int
    unparsed: int
    refused: int


class Status(msgspec.Struct, kw_only=True):
    """All of it; `started` and `now` in Unix seconds, `hung` names the loops that make no progress."""

    version: str
    started: float
    now: float
    nodes: list[NodeStatus]
    spool: SpoolStatus
    database: DatabaseStatus
    counted: Counted
    countries: bool
    hung: list[str]


class NoAnswer(Exception):
    """The scraper does not answer; the sentence says in which way."""


def ask(port: int) -> Status:
    """What the scraper says now. Raises NoAnswer, after three seconds at most."""
    connection = HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    try:
        connection.request("GET", "/status")
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise NoAnswer(f"port {port} answers {answer.status} {answer.reason}")
        return msgspec.json.decode(body, type=Status)
    except ConnectionRefusedError:
        raise NoAnswer(f"nobody listens on port {port}") from None
    except TimeoutError:
        raise NoAnswer(f"port {port} does not answer within {SECONDS:.0f} s") from None
    except (OSError, HTTPException, msgspec.DecodeError) as error:
        raise NoAnswer(f"port {port} answers something else: {error}") from None
    finally:
        connection.close()
