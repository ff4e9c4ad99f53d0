"""Bytes of a socket to lines."""

import re

from spotkeeper.spots.parse import LINE_BYTES

# Telnet's commands (RFC 854), options and subnegotiations. A lone 0xff is a letter in Latin-1 and stays.
_TELNET = re.compile(
    rb"\xff(?:[\xfb-\xfe][\x00-\xff]|\xfa[^\xff\n]{0,64}+\xff\xf0|[\xf0-\xf9]|\xff)", re.DOTALL
)


def without_telnet(data: bytes) -> bytes:
    """`data` without telnet negotiation."""
    return _TELNET.sub(b"", data) if b"\xff" in data else data


class LineBuffer:
    """Cuts a stream into lines without their ends, and never holds more than the longest of them.

    Of a line of more than LINE_BYTES, one byte more is handed out and the rest is thrown away.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._cut = False

    @property
    def tail(self) -> bytes:
        """What follows the last line end, without telnet negotiation."""
        return b"" if self._cut else without_telnet(self._rest)

    def take_tail(self) -> bytes:
        """The same, taken out: for a prompt, which has no line end."""
        tail = self.tail
        self._rest = b""
        return tail

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that `data` completes; empty ones are left out."""
        *finished, rest = data.split(b"\n")
        negotiates = b"\xff" in data or b"\xff" in self._rest
        lines: list[bytes] = []
        if finished:
            finished[0] = self._rest + finished[0]
            if self._cut:
                del finished[0]
                self._cut = False
            self._rest = b""
            finished = [line[: LINE_BYTES + 1] for line in finished]
            if negotiates:
                finished = [without_telnet(line) for line in finished]
            lines = [line for end in finished if (line := end.strip(b"\r\0"))]
        if not self._cut:
            self._rest += rest
            if len(self._rest) > LINE_BYTES:
                lines.append(without_telnet(self._rest[: LINE_BYTES + 1]))
                self._rest = b""
                self._cut = True
        return lines
