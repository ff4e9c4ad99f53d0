"""How busy each band is at each hour of the day."""

from datetime import UTC, datetime

import pytest
from spotkeeper.db.activity import Profile
from spotkeeper.spots.modes import VOICE
from spotkeeper.web.bands.heat import Cell, Panel, panels

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
A_WEEK = NOON.replace(month=2, day=24, hour=0)


def panel(since: datetime, until: datetime, *spots: tuple[str, int, int]) -> Panel:
    """To Antarctica, of bands, their hours and numbers of spots."""
    profile = Profile()
    for band, hour, number in spots:
        profile.add(hour, band, VOICE, "AN", "EU", number)
    [found] = panels([profile], since, until, [VOICE], ["EU"], ["AN"])
    return found


@pytest.mark.parametrize(
    ("minute", "an_hour"), [(1, "24"), (5, "24"), (15, "24"), (30, "12"), (45, "8.0"), (59, "6.1")]
)
def test_the_hour_that_runs_counts_by_the_part_that_has_passed(minute: int, an_hour: str) -> None:
    today = panel(NOON.replace(hour=0), NOON.replace(minute=minute), ("20m", 12, 6), ("20m", 11, 6))
    assert [cell.text for cell in today.rows["20m"][11:14]] == ["6.0", an_hour, "0"]


def test_of_several_days_only_the_last_one_runs() -> None:
    week = panel(A_WEEK, NOON.replace(minute=30), ("20m", 11, 700), ("20m", 12, 650), ("20m", 13, 600))
    assert [cell.text for cell in week.rows["20m"][11:14]] == ["100", "100", "100"]


def test_days_that_are_over_count_in_full() -> None:
    week = panel(A_WEEK, NOON.replace(day=3, hour=0), ("20m", 0, 700), ("20m", 23, 70))
    assert [week.rows["20m"][hour].text for hour in (0, 23)] == ["100", "10"]


def test_the_busiest_band_has_a_row_however_few_its_spots_are() -> None:
    few = panel(A_WEEK, NOON.replace(day=3, hour=0), ("3cm", 14, 5), ("6cm", 9, 1))
    assert few.busiest == ("3cm", 14, few.rows["3cm"][14])
    assert (few.rows["3cm"][14].text, few.rows["3cm"][14].level) == ("0.7", 8)
    assert "6cm" not in few.rows
    more = panel(A_WEEK, NOON.replace(day=3, hour=0), ("3cm", 14, 5), ("20m", 9, 14))
    assert more.busiest and more.busiest[:2] == ("20m", 9)
    assert "3cm" not in more.rows


def test_without_a_spot_no_hour_is_the_best() -> None:
    nothing = panel(A_WEEK, NOON)
    assert nothing.busiest is None
    assert {cell.text for cells in nothing.rows.values() for cell in cells} == {"0"}
    assert "20m" in nothing.rows and "3cm" not in nothing.rows


@pytest.mark.parametrize(
    ("spots", "text"),
    [(0, "0"), (1 / 30, "<0.1"), (0.0499, "<0.1"), (0.05, "0.1"), (9.94, "9.9"), (1234, "1,234")],
)
def test_few_spots_an_hour_are_not_none(spots: float, text: str) -> None:
    assert Cell(spots, 1).text == text
