"""A node that sends as fast as it is told: prepared lines, to several sessions at once.

    python -m bench.flood PORT SESSIONS LINES_FILE

No two spots of LINES_FILE are alike, all of one minute; each round of them is sent as of the minute before
the last one. Says "ready" when every session is logged in. Of each line "COUNT RATE" on standard input it
sends COUNT lines at RATE a second, and says "sent".
"""

import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

TICK_SECONDS = 0.01
STAMP_BYTES = 7  # "1200Z\r\n"


def flood(port: int, sessions: int, path: Path) -> None:
    with socket.create_server(("127.0.0.1", port)) as server:
        nodes = [log_in(server) for _ in range(sessions)]
    print("ready", flush=True)
    pieces = rounds(path.read_bytes())
    rest = b""
    width = STAMP_BYTES
    for order in sys.stdin:
        count, rate = map(int, order.split())
        start, sent = time.monotonic(), 0
        while sent < count:
            due = min(count, max(1, int((time.monotonic() - start) * rate)))
            while sent < due:
                if not rest:
                    rest, width = next(pieces)
                wanted = min(due - sent, len(rest) // width)
                piece, rest = rest[: wanted * width], rest[wanted * width :]
                share = -(-wanted // sessions) * width
                for number, node in enumerate(nodes):
                    node.sendall(piece[number * share : (number + 1) * share])
                sent += wanted
            time.sleep(max(0.0, min(TICK_SECONDS, start + (sent + 1) / rate - time.monotonic())))
        print("sent", flush=True)


def log_in(server: socket.socket) -> socket.socket:
    node, _ = server.accept()
    node.sendall(b"Please enter your call: ")
    while not node.recv(1000).endswith(b"\n"):
        pass
    node.sendall(b"N0CALL-1 de BENCH >\r\n")
    return node


def rounds(lines: bytes) -> Iterator[tuple[bytes, int]]:
    """All lines of each round and the length of one, which is the same for all."""
    template = lines.replace(b"\n", b"\r\n")
    width = template.index(b"\n") + 1
    old = template[width - STAMP_BYTES : width]
    minute = int(time.time()) // 60
    while True:
        yield template.replace(old, time.strftime("%H%MZ\r\n", time.gmtime(60 * minute)).encode()), width
        minute -= 1


if __name__ == "__main__":
    flood(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
