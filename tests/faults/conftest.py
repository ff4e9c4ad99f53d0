"""A station for each fault, and the table of what became of the spots."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.faults import report
from tests.faults.cluster import Cluster
from tests.faults.pace import FULL, SHORT, Pace
from tests.faults.station import Station


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("faults")
    group.addoption("--full", action="store_true", help="faults of full length, with the scraper's defaults")
    group.addoption(
        "--write-table", action="store_true", help=f"write {report.PAGE} from what --full has measured"
    )


def pytest_sessionfinish(session: pytest.Session) -> None:
    if session.config.getoption("--write-table") and not hasattr(session.config, "workerinput"):
        report.write()


@pytest.fixture(scope="session")
def pace(request: pytest.FixtureRequest) -> Pace:
    return FULL if request.config.getoption("--full") else SHORT


@pytest.fixture(scope="session")
def place() -> Iterator[Path]:
    """A folder that PostgreSQL's user reaches too, with a path short enough for a socket."""
    path = Path(tempfile.mkdtemp(prefix="faults-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="session")
def template(place: Path) -> Path:
    """PostgreSQL's data directory with the whole schema."""
    return Cluster.template(place / "template")


@pytest.fixture
def station(place: Path, template: Path, pace: Pace, request: pytest.FixtureRequest) -> Iterator[Station]:
    """Not yet started."""
    with ExitStack() as stack:
        folder = place / f"{os.getpid()}-{request.node.callspec.id}"
        station = Station(folder, template, pace, stack)
        stack.callback(station.print_logs)
        yield station
    shutil.rmtree(folder)
