"""Which loops have hung."""

from spotkeeper.scraper.watchdog import Watchdog


def test_a_loop_that_does_not_come_back_in_time_has_hung() -> None:
    now = 0.0
    watchdog = Watchdog(clock=lambda: now)
    watchdog.expect("writer", 10)
    watchdog.expect("session demo", 30)
    now = 11.0
    assert watchdog.overdue() == ["writer"]
    watchdog.expect("writer", 10)
    assert watchdog.overdue() == []
    now = 50.0
    assert watchdog.overdue() == ["writer", "session demo"]
