"""From the node to the page: the way of a spot on a real host."""

import json
import secrets
import time

from conftest import Browser, Station


def invented_call() -> str:
    """One that the simulated traffic cannot hold: DX of the test's own."""
    return "".join(secrets.choice("ABCDEFGHJKLMNPQRSTUVWXYZ") for _ in range(3))


def test_a_spot_that_the_node_sends_is_on_the_page_within_two_seconds_and_in_the_table_once(
    station: Station, owner: Browser
) -> None:
    call = f"Q1{invented_call()}"  # no country has Q calls
    station.tell_node("spot", f"F5AAA 29600.0 {call} FM big signal")
    told = time.monotonic()
    while call not in owner.get(f"/spots?since=1h&dx_prefix={call}").text.partition("data-id=")[2]:
        assert time.monotonic() - told < 2, f"{call} is not on the page after 2 s"
        time.sleep(0.1)

    row = station.sql(
        f"SELECT spotter, frequency_hz, band, mode, source, comment FROM spots WHERE dx = '{call}'"
    )
    assert row == "F5AAA|29600000|10m|FM|human|FM big signal"


def test_an_open_page_is_told_of_a_spot_within_two_seconds(station: Station, owner: Browser) -> None:
    call = f"Q1{invented_call()}"
    with owner.open("/live/spots", seconds=5, accept="text/event-stream") as live:
        assert live.headers["Content-Type"].startswith("text/event-stream")
        told = time.monotonic()
        station.tell_node("spot", f"F5AAA 14025.0 {call} CW")
        for line in live:
            text = line.decode().strip()
            if text.startswith("data:") and call in text:
                break
        took = time.monotonic() - told
    spot = json.loads(text.removeprefix("data:"))
    assert (spot["dx"], spot["spotter"], spot["frequency_khz"], spot["band"]) == (
        call,
        "F5AAA",
        14025.0,
        "20m",
    )
    assert took < 2


def test_a_skimmer_s_line_is_read_by_the_python_of_the_host(station: Station, owner: Browser) -> None:
    call = f"Q1{invented_call()}"
    stamp = time.strftime("%H%MZ", time.gmtime())
    words = "CW    13 dB  18 WPM  CQ"
    station.tell_node("line", f"DX de DK9IP-1-#: 14025.3  {call:12} {words:30} {stamp}")
    deadline = time.monotonic() + 5
    while not (spots := json.loads(owner.get(f"/api/v1/spots?dx={call}").text)["spots"]):
        assert time.monotonic() < deadline, f"{call} is not told by the API after 5 s"
        time.sleep(0.2)
    (spot,) = spots
    assert (spot["spotter"], spot["source"], spot["snr_db"], spot["wpm"], spot["comment"]) == (
        "DK9IP-1",
        "machine",
        13,
        18,
        words,
    )


def test_the_simulated_traffic_flows_and_nothing_waits_in_the_spool(station: Station, owner: Browser) -> None:
    before = int(station.sql("SELECT count(*) FROM spots"))
    time.sleep(3)
    assert int(station.sql("SELECT count(*) FROM spots")) > before
    assert "dx" in owner.get("/spots.csv?since=1h").text.splitlines()[0]


def test_a_line_that_is_no_spot_is_kept_for_inspection_and_the_session_goes_on(station: Station) -> None:
    sessions = json.loads(station.tell_node("counts"))["sessions"]
    mark = invented_call()
    station.tell_node("line", f"DX de F5AAA:     notanumber  {mark}  rubbish 0357Z")
    deadline = time.monotonic() + 5
    while not station.sql(f"SELECT reason FROM unparsed_lines WHERE position('{mark}'::bytea in line) > 0"):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert json.loads(station.tell_node("counts"))["sessions"] == sessions
