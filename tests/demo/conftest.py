"""The demo, made once for all tests of this folder."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
INVENTORY = ROOT / "inventory" / "local"


def run(*command: str | Path, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def make(*arguments: str) -> str:
    done = run("make", *arguments)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]
    return done.stdout


@pytest.fixture(scope="session")
def demo() -> Iterator[str]:
    """What `make demo` prints. It is removed afterwards, unless it was there before."""
    was_there = run("tools/host", "state", "station").stdout.strip()
    yield make("demo")
    if not was_there:
        make("demo-clean")
