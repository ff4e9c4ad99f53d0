"""What time it is at a node, while the machine's clock jumps."""

from datetime import UTC, datetime

import pytest
from spotkeeper.scraper.clock import NodeClock
from spotkeeper.spots.model import Spot
from spotkeeper.spots.parse import parse

HOUR = 3600.0


def moment(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


class Machine:
    """A clock that can be set, and one that cannot."""

    def __init__(self, start: str) -> None:
        self.time = moment(start)
        self.wrong = 0.0
        self.clock = NodeClock(lambda: self.time + self.wrong, lambda: self.time - 1e9)

    def prompt(self, node_is_ahead: float = 0) -> bytes:
        at = datetime.fromtimestamp(self.time + node_is_ahead, UTC)
        return f"F5AAA de GB7TST-2 {at.day:2}-{at:%b-%Y %H%M}Z dxspider >".encode()

    def spot(self, late: float = 30) -> bytes:
        at = datetime.fromtimestamp(self.time - late, UTC)
        return f"DX de F5AAA:     14025.0  K1ABC        {'comment':30} {at:%H%M}Z\a\a".encode()


def test_it_goes_with_the_machines_clock_as_long_as_that_is_only_slewed() -> None:
    machine = Machine("2026-11-24 03:55:10")
    machine.time += HOUR
    machine.wrong = 1.5
    assert machine.clock.now() == machine.time + 1.5
    machine.clock.hear(machine.prompt())
    assert machine.clock.now() == machine.time + 1.5
    assert not machine.clock.disputed


@pytest.mark.parametrize("jump", [2 * HOUR, -2 * HOUR, 26 * HOUR])
@pytest.mark.parametrize("start", ["2026-11-24 12:00:00", "2026-11-24 23:59:50", "2026-12-31 23:30:00"])
def test_a_machine_whose_clock_jumps_dates_no_spot_wrongly(start: str, jump: float) -> None:
    machine = Machine(start)
    for _ in range(3):
        machine.time += 20
        machine.wrong = jump
        spot = parse(machine.spot(), machine.clock.now())
        assert isinstance(spot, Spot)
        assert 0 <= machine.time - 30 - spot.time < 60
        machine.clock.witness([machine.spot()] * 10)
        machine.clock.hear(machine.prompt())
    assert machine.clock.now() == machine.time
    assert machine.clock.disputed
    machine.wrong = 0
    assert not machine.clock.disputed


@pytest.mark.parametrize("wrong", [2 * HOUR, -2 * HOUR, -400 * 24 * HOUR])
@pytest.mark.parametrize("start", ["2026-11-24 12:00:40", "2026-12-01 00:00:00"])
def test_a_machine_that_is_wrong_from_the_start_is_set_by_the_prompt(start: str, wrong: float) -> None:
    machine = Machine(start)
    machine.wrong = wrong
    machine.clock = NodeClock(lambda: machine.time + machine.wrong, lambda: machine.time)
    machine.clock.hear(machine.prompt())
    assert abs(machine.clock.now() - machine.time) <= 60
    machine.wrong = 0
    assert machine.clock.now() == machine.time


def test_a_prompt_of_last_year_without_a_year() -> None:
    machine = Machine("2027-01-01 00:03:00")
    machine.clock.hear(b"AB5K-9 de AB5K-3 31-Dec 2358Z arc>")
    assert machine.clock.now() == moment("2026-12-31 23:58:30")


@pytest.mark.parametrize(
    "line", [b"F5AAA de GB7TST-2 31-Feb-2026 0355Z dxspider >", b"F5AAA de X 24-Nov-2026 9955Z >", b"arc>"]
)
def test_what_is_no_date_is_not_believed(line: bytes) -> None:
    machine = Machine("2026-11-24 12:00:00")
    machine.clock.hear(line)
    assert machine.clock.now() == machine.time


def test_after_a_pause_of_the_machine_the_spots_tell_that_the_jump_was_right() -> None:
    machine = Machine("2026-11-24 22:30:00")
    stopped = machine.time
    machine.clock = NodeClock(lambda: machine.time, lambda: stopped)
    machine.time += 2 * HOUR
    assert machine.clock.disputed
    machine.clock.witness([machine.spot()] * 4)
    assert machine.clock.now() == stopped
    machine.clock.witness([b"DX de F5AAA: no time", machine.spot()])
    assert machine.clock.now() == machine.time
