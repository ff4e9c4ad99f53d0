"""Simulated nodes for the tests."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from running_node import RunningNode, starter

sys.path.insert(0, str(Path(__file__).parents[2]))


@pytest.fixture
def node() -> Iterator[Callable[..., RunningNode]]:
    """Starts nodes: `node("--rate", "50")`."""
    with starter() as start:
        yield start


@pytest.fixture(scope="session")
def quiet() -> Iterator[RunningNode]:
    """A DXSpider node without traffic of its own, for tests that leave it as it was."""
    with starter() as start:
        yield start()
