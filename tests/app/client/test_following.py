"""Following live: each spot once, whatever becomes of the line."""

import json
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from itertools import islice

import pytest
from spotkeeper.client.following import Follower
from spotkeeper.client.server import Lost, Refused, Server, Spot
from spotkeeper.errors import OperatorError

from tests.app.client.conftest import TOKEN, Client, Station, a_spot, problem

PATIENCE = 30  # seconds; only a failure waits so long


class Following:
    """A follower whose pauses take no time, with what it told."""

    def __init__(self, station: Station, wanted: dict[str, list[str]]) -> None:
        self.told: list[str] = []
        self.pauses: list[float] = []
        self.server = Server(station.url, TOKEN, sleep=self.pauses.append)
        self.follower = Follower(self.server, wanted, self.told.append, sleep=self.pauses.append)

    def spots(self, since: str | None = None, most: int = 50) -> Iterator[str]:
        return (spot["dx"] for spot in self.follower.spots(since, most))


@pytest.fixture
def follow(station: Station, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Following]]:
    made: list[Following] = []

    def start(**wanted: list[str]) -> Following:
        made.append(Following(station, wanted))
        return made[-1]

    def give_up() -> None:
        station.stream_refusals = [problem(401, "What the test waits for does not come.")] * 10
        station.end_streams()

    timer = threading.Timer(PATIENCE, give_up)
    timer.start()
    yield start  # type: ignore[misc]
    timer.cancel()
    station.end_streams()
    for following in made:
        following.server.close()


def take(spots: Iterator[str], number: int) -> list[str]:
    return list(islice(spots, number))


def test_the_past_and_then_what_comes(station: Station, follow: type[Following]) -> None:
    station.add(a_spot(1), a_spot(2))
    spots = follow().spots()
    assert take(spots, 2) == ["K1ABC", "K2ABC"]
    station.publish(a_spot(3))
    station.publish(a_spot(4))
    assert take(spots, 2) == ["K3ABC", "K4ABC"]


def test_what_comes_between_the_two_comes_once(station: Station, follow: type[Following]) -> None:
    station.add(a_spot(1))
    station.on_stream = lambda: station.publish(a_spot(2))  # is in the past that is read next, too
    spots = follow().spots()
    assert take(spots, 2) == ["K1ABC", "K2ABC"]
    station.publish(a_spot(3))
    assert take(spots, 1) == ["K3ABC"]


def test_a_human_and_a_skimmer_of_one_id_are_two_spots(station: Station, follow: type[Following]) -> None:
    station.add(a_spot(1), a_spot(1, source="machine"))
    spots = follow().spots()
    assert take(spots, 2) == ["K1ABC", "K1ABC"]
    station.publish(a_spot(2))
    station.publish(a_spot(2, source="machine"))
    station.publish(a_spot(3))
    assert take(spots, 3) == ["K2ABC", "K2ABC", "K3ABC"]


def test_nothing_is_missed_or_doubled_over_a_break(station: Station, follow: type[Following]) -> None:
    following = follow()
    station.add(a_spot(0))
    spots = following.spots()
    take(spots, 1)
    station.publish(a_spot(1))
    assert take(spots, 1) == ["K1ABC"]
    station.end_streams()
    station.add(a_spot(2), a_spot(3, time=a_spot(0)["time"]))  # the second comes late
    station.on_stream = lambda: station.publish(a_spot(2), a_spot(1))  # as nchan does that has them still
    assert sorted(take(spots, 2)) == ["K2ABC", "K3ABC"]
    station.publish(a_spot(4))
    assert take(spots, 1) == ["K4ABC"]
    assert station.last_ids == ["", f"{a_spot(1)['id']}:0"]
    assert following.told == [], "a server that lets go now and then is nothing to tell"


def test_a_server_that_stays_away_is_told_once_and_waited_for(
    station: Station, follow: type[Following]
) -> None:
    following = follow()
    station.add(a_spot(0))
    spots = following.spots()
    take(spots, 1)
    station.stream_refusals = [problem(503, "The database is away.") for _ in range(7)]
    station.end_streams()
    station.add(a_spot(1))
    assert take(spots, 1) == ["K1ABC"]
    station.publish(a_spot(2))
    assert take(spots, 1) == ["K2ABC"]
    assert following.pauses == [1, 2, 4, 8, 16, 30, 30, 30]
    assert len(following.told) == 2
    assert "The database is away.; trying again" in following.told[0]
    assert following.told[1] == "connected again"


def test_only_what_is_wanted(station: Station, follow: type[Following]) -> None:
    station.add(a_spot(0))
    wanted = {"band": ["10m"], "dx_continent": ["NA"], "min_khz": ["29000"], "text": ["big"]}
    take(follow(**wanted).spots(), 1)
    assert station.streams == [wanted]


def test_where_too_many_searches_are_followed_all_come_and_are_parted_here(
    station: Station, follow: type[Following]
) -> None:
    station.add(a_spot(0))
    station.stream_refusals = [problem(429, "40 different searches are followed already.")]
    following = follow(band=["10m"], dx_continent=["na"], min_khz=["29000"], text=["BIG"])
    spots = following.spots()
    take(spots, 1)
    assert (station.streams, following.told) == ([{}], [])
    for other in ({"band": "20m"}, {"dx_continent": "EU"}, {"frequency_khz": 28400.0}, {"comment": ""}):
        station.publish(a_spot(1, **other))
    station.publish(a_spot(2, dx_continent=None), a_spot(3))
    assert take(spots, 1) == ["K3ABC"]


@pytest.mark.parametrize(
    ("name", "given", "field", "fitting", "other"),
    [
        ("mode", "voice", "mode", "SSB", "FT8"),
        ("mode", "Digital", "mode", "FT8", "CW"),
        ("mode", "fm", "mode", "FM", "SSB"),
        ("dx_cq_zone", "05", "dx_cq_zone", 5, 50),
        ("spotter_dxcc", "0227", "spotter_dxcc", 227, 22),
    ],
)
def test_a_value_means_to_the_follower_what_it_means_to_the_server(
    station: Station,
    follow: type[Following],
    name: str,
    given: str,
    field: str,
    fitting: str | int,
    other: str | int,
) -> None:
    station.add(a_spot(0, **{field: fitting}))
    spots = follow(**{name: [given]}).spots()
    take(spots, 1)
    station.publish(a_spot(1, **{field: other}), a_spot(2, **{field: fitting}))
    assert take(spots, 1) == ["K2ABC"]


def test_a_search_that_cannot_be_is_not_followed(station: Station, follow: type[Following]) -> None:
    station.stream_refusals = [problem(400, "band: “11m” is not known.")]
    with pytest.raises(Refused, match="“11m” is not known"):
        next(follow(band=["11m"]).spots())


def test_a_long_past_is_cut_and_says_so(station: Station, follow: type[Following]) -> None:
    station.add(*(a_spot(number) for number in range(20)))
    following = follow()
    assert take(following.spots("7d", most=3), 3) == ["K17ABC", "K18ABC", "K19ABC"]
    assert "more than 3 spots" in following.told[0]


def test_who_may_not_is_told_at_once(station: Station, follow: type[Following]) -> None:
    station.stream_refusals = [problem(403, "This token lacks the scope stream.")]
    with pytest.raises(Refused, match="lacks the scope stream"):
        next(follow().spots())
    station.stream_refusals = [problem(503, "The database is away.")]
    with pytest.raises(Lost):
        next(follow().spots())


def test_a_right_that_was_taken_away_ends_it(station: Station, follow: type[Following]) -> None:
    station.add(a_spot(0))
    spots = follow().spots()
    take(spots, 1)
    station.stream_refusals = [problem(401, "This token is revoked.")]
    station.end_streams()
    with pytest.raises(Refused, match="This token is revoked"):
        next(spots)


@pytest.mark.parametrize("data", ["{", "[]", '{"id": 5}', "null"])
def test_what_is_no_spot(station: Station, follow: type[Following], data: str) -> None:
    station.add(a_spot(0))
    spots = follow().spots()
    take(spots, 1)
    station.tell(f"event: spot\ndata: {data}\n\n")
    with pytest.raises(OperatorError, match="is no spot"):
        next(spots)


def test_other_events_are_passed_over(station: Station, follow: type[Following]) -> None:
    station.add(a_spot(0))
    spots = follow().spots()
    take(spots, 1)
    station.tell("event: state\ndata: {}\n\n")
    station.tell(": still here\n\n")
    station.publish(a_spot(1))
    assert take(spots, 1) == ["K1ABC"]
    station.tell(": still here\n\n")
    station.publish(a_spot(2))
    assert take(spots, 1) == ["K2ABC"]


@pytest.fixture
def start(client: Client) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts the command, which is killed when what the test waits for does not come."""
    processes: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        processes.append(client.start(*arguments))
        return processes[-1]

    timer = threading.Timer(PATIENCE, lambda: [process.kill() for process in processes])
    timer.start()
    yield start
    timer.cancel()
    for process in processes:
        process.kill()
        process.communicate()


def line(process: subprocess.Popen[str]) -> Spot:
    assert process.stdout
    spot: Spot = json.loads(process.stdout.readline())
    return spot


def test_the_command_writes_each_as_it_comes_until_it_is_stopped(
    station: Station, start: Callable[..., subprocess.Popen[str]]
) -> None:
    station.add(a_spot(1))
    process = start("--follow", "--format", "json", "--band", "10m")
    assert line(process)["dx"] == "K1ABC"
    station.publish(a_spot(2))
    assert line(process)["dx"] == "K2ABC"
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=30) == ("", "")
    assert process.returncode == 0


def test_the_command_ends_quietly_when_nobody_reads_on(
    station: Station, start: Callable[..., subprocess.Popen[str]]
) -> None:
    station.add(a_spot(1))
    process = start("--follow", "--format", "json")
    line(process)
    assert process.stdout and process.stderr
    process.stdout.close()
    station.publish(a_spot(2))
    station.publish(a_spot(3))
    assert process.wait(30) == 0
    assert process.stderr.read() == ""
    process.stdout = None
