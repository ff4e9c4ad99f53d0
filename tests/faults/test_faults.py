"""One fault after the other: no spot is lost, none is there twice, and spots flow again in time."""

import pytest

from tests.faults import report
from tests.faults.faults import FAULTS, Fault
from tests.faults.measure import books, figures
from tests.faults.pace import Pace
from tests.faults.station import NODES, Station

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_fault(fault: Fault, station: Station, pace: Pace) -> None:
    gear = fault.equip(station) if fault.equip else None
    station.start()
    station.settle()
    deadline = fault.deadline(pace)
    since = fault.do(station) if gear is None else fault.do(station, gear)
    station.until_flowing(since, fault.concerns, 2 * deadline + 60)
    station.until_flowing(since, NODES, 60)
    station.settle()
    station.come_to_rest()
    measured = figures(station, since, fault.concerns)
    report.keep(fault, pace, measured, station.notes)
    assert measured.lost == 0
    assert measured.doubled == 0
    assert measured.recovered > 0 or not fault.repaired
    assert measured.again is not None and measured.again <= deadline
    for what, (tallied, there) in books(station).items():
        assert tallied == there, what
