"""How many invented spots a second one node sends: `python tests/simulator/load.py [RATE [SECONDS]]`.

Spots are counted by their identity (minute, DX, spotter, kHz) at the client.
"""

import json
import re
import resource
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
CONTROL = "127.0.0.1:17399"
SPOT = re.compile(rb"DX de (\S+?)(?:-#)?: +(\d+\.\d)  (\S+) .*(\d{4})Z\a\a\r")


def main(rate: float = 5000, seconds: float = 20) -> None:
    serve = [sys.executable, "-m", "simulator", "serve", "--listen", "127.0.0.1:17300", "--control", CONTROL]
    node = subprocess.Popen(
        [*serve, "--rate", str(rate), "--solar-every", "0", "--sent-log", "/dev/null"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert node.stdout
        node.stdout.readline()
        identities = listen(seconds)
    finally:
        node.terminate()
        node.wait()
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    figures = {
        "wanted_per_second": rate,
        "sent_per_second": round(len(identities) / seconds),
        "cpu_share": round((spent.ru_utime + spent.ru_stime) / seconds, 2),
        "memory_mb": round(spent.ru_maxrss / 1024),
    }
    print(json.dumps(figures))


def listen(seconds: float) -> set[tuple[bytes, int, bytes, bytes]]:
    identities = set()
    with socket.create_connection(("127.0.0.1", 17300)) as client:
        client.sendall(b"W1HKJ\r\n")
        text, end = b"", time.monotonic() + seconds
        while time.monotonic() < end:
            *lines, text = (text + client.recv(1 << 20)).split(b"\n")
            for line in lines:
                if spot := SPOT.match(line):
                    spotter, khz, dx, stamp = spot.groups()
                    identities.add((spotter, int(float(khz) + 0.5), dx, stamp))
    return identities


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))
