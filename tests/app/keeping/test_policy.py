"""Which months go, when, and why."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from spotkeeper.db.partitions import Month
from spotkeeper.keeping.policy import Disk, plan, shortened, wanted_free
from spotkeeper.settings import Keeping

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
GB = 1_000_000_000
ROOMY = Disk(25 * GB, 20 * GB)
USUAL = Keeping(free_mb=2000, free_percent=0)


def a_month(source: str, text: str, **values: object) -> Month:
    """One of 1 GB that nothing has been added to for ten days."""
    usual = Month(
        source, date.fromisoformat(f"{text}-01"), 10_000_000, True, 600_000_000, 400_000_000,
        NOW - timedelta(10), NOW, None, None, None, None,
    )  # fmt: skip
    return usual._replace(**values)


YEAR = [a_month(source, f"2026-{month:02}") for month in range(1, 13) for source in ("human", "machine")]


def dropped(
    months: list[Month], keeping: Keeping, disk: Disk | None = ROOMY, now: datetime = NOW
) -> list[str]:
    return [f"{month.name} {reason}" for month, reason in plan(months, keeping, disk, now).drops]


def test_machine_months_go_when_their_last_day_is_old_enough_and_human_ones_stay() -> None:
    assert dropped(YEAR, USUAL) == [f"machine 2026-{month:02} age" for month in range(1, 10)]


@pytest.mark.parametrize(
    ("now", "gone"),
    [
        (datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC), False),
        (datetime(2026, 12, 1, 0, 0, 0, tzinfo=UTC), True),
    ],
)
def test_a_month_is_kept_to_the_second(now: datetime, gone: bool) -> None:
    october = a_month("machine", "2026-10", changed=now - timedelta(3))
    assert dropped([october], USUAL, now=now) == (["machine 2026-10 age"] if gone else [])


def test_days_are_counted_by_source_and_none_means_for_ever() -> None:
    keeping = msgspec.structs.replace(USUAL, human_days=290, machine_days=0)
    assert dropped(YEAR, keeping) == ["human 2026-01 age"]
    assert dropped(YEAR, msgspec.structs.replace(keeping, human_days=0)) == []


def test_no_month_goes_within_two_days_of_its_end_however_few_the_days() -> None:
    keeping = msgspec.structs.replace(USUAL, machine_days=1)
    month = [a_month("machine", "2026-10", changed=NOW - timedelta(60))]
    assert dropped(month, keeping, now=datetime(2026, 11, 2, 23, tzinfo=UTC)) == []
    assert dropped(month, keeping, now=datetime(2026, 11, 3, 0, tzinfo=UTC)) == ["machine 2026-10 age"]


def test_an_old_month_that_is_being_imported_is_left_until_it_rests() -> None:
    for changed in (None, NOW - timedelta(hours=47)):
        assert dropped([a_month("machine", "2020-01", changed=changed)], USUAL) == []
    assert dropped([a_month("machine", "2020-01", changed=NOW - timedelta(2))], USUAL) == [
        "machine 2020-01 age"
    ]


def test_a_drop_that_was_cut_short_comes_first_with_its_reason() -> None:
    half = a_month("machine", "2026-09", closed=NOW, reason="headroom")
    whole = a_month("machine", "2026-08", closed=NOW, dropped=NOW, reason="age")
    assert dropped([a_month("machine", "2026-07"), whole, half], USUAL) == [
        "machine 2026-09 headroom",
        "machine 2026-07 age",
    ]


FOR_EVER = msgspec.structs.replace(USUAL, machine_days=0)


@pytest.mark.parametrize(("free", "gone"), [(2000, 0), (1999, 1), (1000, 1), (999, 2), (0, 2)])
def test_short_of_room_the_oldest_machine_months_go_and_no_more_than_it_takes(free: int, gone: int) -> None:
    wanted = [f"machine 2026-{month:02} headroom" for month in range(1, 1 + gone)]
    assert dropped(YEAR, FOR_EVER, Disk(25 * GB, free * 1_000_000)) == wanted


def test_what_goes_by_age_counts_as_room() -> None:
    assert dropped(YEAR, USUAL, Disk(25 * GB, 0)) == [
        f"machine 2026-{month:02} age" for month in range(1, 10)
    ]


def test_the_month_that_is_on_and_the_human_spots_stay_whatever_the_disk_says() -> None:
    disk = Disk(100 * GB, 0)
    keeping = msgspec.structs.replace(FOR_EVER, free_percent=90)
    found = plan(YEAR, keeping, disk, NOW)
    assert [month.name for month, _ in found.drops] == [f"machine 2026-{month:02}" for month in range(1, 11)]
    assert found.lacking == 80 * GB
    first_of_month = datetime(2026, 11, 1, 12, tzinfo=UTC)
    assert dropped(YEAR, keeping, disk, first_of_month)[-1] == "machine 2026-09 headroom"


def test_human_months_follow_the_last_machine_month_where_that_is_allowed() -> None:
    keeping = msgspec.structs.replace(FOR_EVER, free_percent=12, shorten_human=True)
    assert dropped(YEAR, keeping, Disk(100 * GB, 0))[9:] == [
        "machine 2026-10 headroom",
        "human 2026-01 headroom",
        "human 2026-02 headroom",
    ]


def test_a_month_with_next_to_nothing_is_not_closed_for_the_little_it_gives() -> None:
    months = [
        a_month("machine", "2026-01", table_bytes=8192, index_bytes=65536),
        a_month("machine", "2026-02"),
    ]
    assert dropped(months, FOR_EVER, Disk(25 * GB, 0)) == ["machine 2026-02 headroom"]


def test_where_the_disk_cannot_be_seen_only_age_counts() -> None:
    assert dropped(YEAR, FOR_EVER, None) == []


def test_the_larger_of_the_two_bounds_holds() -> None:
    assert wanted_free(Keeping(free_mb=2000, free_percent=15), Disk(25 * GB, 0)) == 3.75 * GB
    assert wanted_free(Keeping(free_mb=5000, free_percent=15), Disk(25 * GB, 0)) == 5 * GB
    assert wanted_free(Keeping(free_mb=0, free_percent=0), Disk(25 * GB, 0)) == 0


def test_the_policy_is_shortened_as_long_as_it_would_have_the_month() -> None:
    october = a_month("machine", "2026-10", closed=NOW, dropped=NOW, reason="headroom")
    september = a_month("machine", "2026-09", closed=NOW, dropped=NOW, reason="headroom")
    by_age = a_month("machine", "2026-08", closed=NOW, dropped=NOW, reason="age")
    months = [by_age, september, october]
    assert shortened(months, USUAL, NOW) == [october]
    assert shortened(months, FOR_EVER, NOW) == [september, october]
    assert shortened(months, USUAL, NOW + timedelta(30)) == []


def test_a_month_is_packed_once_it_is_over_unless_it_goes() -> None:
    months = [month._replace(packed=None) for month in YEAR]
    packed = [month.name for month in plan(months, USUAL, ROOMY, NOW).packs]
    assert packed == [*(f"human 2026-{month:02}" for month in range(1, 11)), "machine 2026-10"]
    assert plan(YEAR, USUAL, ROOMY, NOW).packs == []
    assert plan([month._replace(filled=False) for month in months], USUAL, ROOMY, NOW).packs == []
