"""Posts spots to nchan in nginx."""

from collections.abc import Sequence
from http.client import HTTPConnection, HTTPException
from time import monotonic
from typing import Literal
from urllib.parse import urlsplit

# nginx closes what was idle for 75 s; what is older than this is opened anew rather than found closed.
IDLE_SECONDS = 15
TIMEOUT_SECONDS = 2
HEADERS = {"Content-Type": "application/json", "X-EventSource-Event": "spot"}


class Unreachable(Exception):
    """Nobody answered, or with 5xx: the same spot may go through later."""


class Refused(Exception):
    """The answer was no: the same spot would be refused again."""


class Publisher:
    """One kept connection to nchan's publisher location."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        self._joiner = "&" if parts.query else "?"
        self._connection = HTTPConnection(parts.hostname or "", parts.port or 80, timeout=TIMEOUT_SECONDS)
        self._used = 0.0

    def publish(self, message: bytes, channels: Sequence[str] = ()) -> None:
        """Send one event `spot` to who listens on these channels; without them to who follows all spots.

        Raises Unreachable or Refused; takes some seconds at most.
        """
        self._ask("POST", self._of(channels) if channels else self._target, message)

    def delete(self, channel: str) -> None:
        """Have nchan forget the channel and what it has kept of it. Raises as `publish` does."""
        self._ask("DELETE", self._of([channel]))

    def _of(self, channels: Sequence[str]) -> str:
        return f"{self._target}{self._joiner}channels={','.join(channels)}"

    def _ask(self, method: Literal["POST", "DELETE"], target: str, message: bytes | None = None) -> None:
        if monotonic() - self._used > IDLE_SECONDS:
            self._connection.close()
        try:
            self._connection.request(method, target, message, HEADERS)
            with self._connection.getresponse() as response:
                response.read()
        except (OSError, HTTPException) as error:
            self._connection.close()
            raise Unreachable(str(error) or type(error).__name__) from None
        self._used = monotonic()
        if response.status >= 500:
            raise Unreachable(f"{response.status} {response.reason}")
        # A channel that is to be deleted may be there no more.
        if response.status not in (200, 201, 202) and (method, response.status) != ("DELETE", 404):
            raise Refused(f"{response.status} {response.reason}")
