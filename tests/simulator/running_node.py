"""A simulated node as its own process, and a client that speaks to it through a real socket."""

import contextlib
import json
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Without site-packages: the standard library is all it may use.
PROGRAM = [sys.executable, "-S", "-m", "simulator"]


def simulator(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*PROGRAM, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=20)


class Client:
    """A telnet user: `got` holds every byte so far."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address, timeout=5)
        self.got = b""

    def send(self, text: str) -> None:
        self.socket.sendall(text.encode() + b"\r\n")

    def until(self, wanted: str | bytes, seconds: float = 5) -> bytes:
        """Reads until these bytes have come since the last call; all that came up to them."""
        wanted = wanted.encode() if isinstance(wanted, str) else wanted
        self.socket.settimeout(seconds)
        while wanted not in self.got:
            more = self.socket.recv(65536)
            assert more, f"closed before {wanted!r}; got {self.got[-300:]!r}"
            self.got += more
        before, self.got = self.got.split(wanted, 1)
        return before + wanted

    def prompt(self) -> bytes:
        return self.until("dxspider >\r\n")

    def rest(self, seconds: float = 5) -> bytes:
        """Reads until the node closes."""
        self.socket.settimeout(seconds)
        while more := self.socket.recv(65536):
            self.got += more
        return self.got

    def hears_nothing_for(self, seconds: float) -> bool:
        self.socket.settimeout(seconds)
        try:
            return not self.socket.recv(1)
        except TimeoutError:
            return True

    def log_in(self, call: str = "W1HKJ") -> "Client":
        self.until("login: ")
        self.send(call)
        self.prompt()
        return self


class RunningNode:
    def __init__(self, process: "subprocess.Popen[str]", address: tuple[str, int], control: str) -> None:
        self.process = process
        self.address = address
        self.control = control

    def client(self) -> Client:
        return Client(self.address)

    def tell(self, command: str, *value: str) -> dict[str, object]:
        """By the protocol itself; the command line has tests of its own."""
        host, port = self.control.split(":")
        with socket.create_connection((host, int(port)), timeout=5) as connection:
            connection.sendall(json.dumps({"command": command, "value": "".join(value)}).encode() + b"\n")
            answer: dict[str, object] = json.loads(connection.makefile().readline())
            return answer


@contextlib.contextmanager
def starter() -> Iterator[Callable[..., RunningNode]]:
    """Starts nodes and stops them in the end. Quiet ones unless a rate is given."""
    with contextlib.ExitStack() as stack:

        def start(*arguments: str) -> RunningNode:
            quiet = ["--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--solar-every", "0"]
            if "--rate" not in arguments:
                quiet += ["--rate", "0"]
            process = subprocess.Popen(
                [*PROGRAM, "serve", *quiet, *arguments],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            stack.callback(process.wait, 5)
            stack.callback(process.terminate)
            assert process.stdout
            stack.callback(process.stdout.close)
            said = process.stdout.readline()
            ports = re.findall(r"127\.0\.0\.1:(\d+)", said)
            assert len(ports) == 2, said
            return RunningNode(process, ("127.0.0.1", int(ports[0])), f"127.0.0.1:{ports[1]}")

        yield start
