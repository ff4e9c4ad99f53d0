"""Namespaces of Linux: a small disk, names of hosts, and a link of one's own."""

import os
import shlex
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest


@cache
def refusal(*command: str) -> str:
    """Why the machine does not allow this, empty when it does."""
    if os.geteuid() != 0:
        return "needs root"
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:
        return f"needs {command[0]}"
    return done.stderr.strip() if done.returncode else ""


def need(what: str, *command: str) -> None:
    """Skips the test where `command` is refused."""
    if why := refusal(*command):
        pytest.skip(f"this machine does not allow {what}: {why}")


class Mounts:
    """Mounts that only programs started with `inside` before them see."""

    def __init__(self, *mounts: Sequence[str]) -> None:
        need("mounts", "unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt")
        script = " && ".join([*(shlex.join(("mount", *mount)) for mount in mounts), "echo ready; exec cat"])
        self._holder = subprocess.Popen(
            ["unshare", "--mount", "--propagation", "private", "sh", "-c", script],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert self._holder.stdout and self._holder.stdout.readline() == b"ready\n"
        self.inside = ["nsenter", "--target", str(self._holder.pid), "--mount"]

    def close(self) -> None:
        self._holder.kill()
        self._holder.communicate()


class SmallDisk(Mounts):
    """A disk of some MB at `path`."""

    def __init__(self, path: Path, megabytes: int) -> None:
        path.mkdir()
        super().__init__(("-t", "tmpfs", "-o", f"size={megabytes}m,mode=0755", "tmpfs", str(path)))
        self._path = path

    @property
    def seen_from_outside(self) -> Path:
        return Path(f"/proc/{self._holder.pid}/root") / self._path.relative_to("/")

    def fill(self) -> None:
        """To the last byte."""
        with (self.seen_from_outside / "filler").open("wb", buffering=0) as filler:
            for size in (1 << 20, 4096, 1):
                try:
                    while True:
                        filler.write(b"x" * size)
                except OSError:
                    continue

    def clear(self) -> None:
        (self.seen_from_outside / "filler").unlink()


def let_write(allowed: bool, files: Sequence[Path]) -> None:
    """Whether programs may write to these files, also those that have them open already."""
    subprocess.run(["chattr", "-i" if allowed else "+i", *files], check=True)


class Link:
    """A network of a node's own, `address` is its end of the cable."""

    def __init__(self) -> None:
        number = os.getpid() % 250
        self._name = f"faults-{number}"
        self._run("netns", "add", self._name)
        self.address = f"10.213.{number}.2"
        self.inside = ["ip", "netns", "exec", self._name]
        cable = f"faults{number}"
        self._run("link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", self._name)
        self._run("addr", "add", f"10.213.{number}.1/30", "dev", cable)
        self._run("link", "set", cable, "up")
        self._run("-n", self._name, "addr", "add", f"{self.address}/30", "dev", "eth0")
        for device in ("lo", "eth0"):
            self._run("-n", self._name, "link", "set", device, "up")

    def forget_connections(self, port: int) -> None:
        """Packets of the connections with `port` that are there now vanish; new ones pass."""
        listed = subprocess.run(
            [*self.inside, "ss", "-Htn", "state", "established", "sport", "=", f":{port}"],
            check=True, capture_output=True, text=True,
        ).stdout  # fmt: skip
        peers = ", ".join(line.split()[-1].rpartition(":")[2] for line in listed.splitlines())
        rules = f"""table inet faults {{
            chain from {{
                type filter hook output priority 0
                tcp sport {port} tcp dport {{ {peers} }} drop
            }}
            chain to {{
                type filter hook input priority 0
                tcp dport {port} tcp sport {{ {peers} }} drop
            }}
        }}"""
        subprocess.run([*self.inside, "nft", "-f", "-"], input=rules.encode(), check=True)

    def close(self) -> None:
        self._run("netns", "del", self._name)

    def _run(self, *arguments: str) -> None:
        subprocess.run(["ip", *arguments], check=True)
