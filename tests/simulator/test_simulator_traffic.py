"""The invented traffic: the same from the same seed, never twice the same report, and it follows the sun."""

import random
from collections import Counter
from itertools import pairwise

import pytest

from simulator.comments import human_comment, spider_comment
from simulator.dialects import DIALECTS
from simulator.lines import Spot, is_callsign
from simulator.places import PLACES, place_of
from simulator.sky import BANDS, sun_height
from simulator.traffic import Traffic

JUNE_21 = 1781996400  # 2026-06-20 23:00 UTC
HOUR = 3600


def spots(seed: int, start: float, seconds: float, rate: float, machine_share: float = 0.3) -> list[Spot]:
    traffic = Traffic(seed, machine_share, spider_comment)
    return [traffic.spot(start + n / rate) for n in range(int(seconds * rate))]


def band_of(spot: Spot) -> str:
    khz = spot.frequency_hz / 1000
    edges = {
        "160m": (1800, 2000), "80m": (3500, 4000), "60m": (5250, 5450), "40m": (7000, 7300),
        "30m": (10100, 10150), "20m": (14000, 14350), "17m": (18068, 18168), "15m": (21000, 21450),
        "12m": (24890, 24990), "10m": (28000, 29700), "6m": (50000, 54000), "2m": (144000, 148000),
        "70cm": (420000, 450000), "630m": (472, 479),
    }  # fmt: skip
    return next(band for band, (low, high) in edges.items() if low <= khz <= high)


def test_the_same_seed_and_start_invent_the_same() -> None:
    assert spots(7, JUNE_21, 60, 5) == spots(7, JUNE_21, 60, 5)
    assert spots(7, JUNE_21, 60, 5) != spots(8, JUNE_21, 60, 5)


@pytest.mark.parametrize("rate", [5, 50, 5000])
def test_no_report_is_made_twice_within_a_minute(rate: float) -> None:
    made = spots(3, JUNE_21, 6000 / rate, rate)
    identities = {
        (spot.time, spot.dx, spot.spotter.removesuffix("-#"), (spot.frequency_hz + 500) // 1000)
        for spot in made
    }
    assert len(identities) == len(made)


def test_calls_are_well_formed_and_frequencies_lie_in_a_band() -> None:
    for spot in spots(5, JUNE_21, 150, 10):
        assert is_callsign(spot.dx)
        assert is_callsign(spot.spotter.removesuffix("-#"))
        assert band_of(spot)
        assert spot.frequency_hz % 100 == 0


def test_all_calls_belong_to_their_place() -> None:
    rng = random.Random(1)
    for place in PLACES:
        found = place_of(place.callsign(rng))
        assert found
        assert found.prefix == place.prefix


def test_bands_open_and_close_with_the_sun() -> None:
    def share(band: str, heard_in: tuple[str, ...], hour: float) -> float:
        counts = Counter(
            band_of(spot)
            for spot in spots(2, JUNE_21 + HOUR + hour * HOUR, 200, 10)
            if spot.spotter_place and spot.spotter_place.continent in heard_in
        )
        return counts[band] / counts.total()

    assert share("10m", ("EU",), 12) > 5 * share("10m", ("EU",), 0) + 0.02
    assert share("80m", ("EU",), 0) > 5 * share("80m", ("EU",), 12) + 0.02
    assert share("15m", ("NA",), 19) > 3 * share("15m", ("NA",), 8)


def test_the_sun_stands_where_it_should() -> None:
    noon = JUNE_21 + 13 * HOUR
    assert sun_height(51.5, 0, noon) == pytest.approx(61.9, abs=2)
    assert sun_height(51.5, 0, noon + 12 * HOUR) < -10
    assert sun_height(-33, 151, noon) < 0


def test_people_comment_as_people_do() -> None:
    rng = random.Random(4)
    modes = ("SSB", "CW", "FT8", "RTTY")
    said = [
        (mode, human_comment(rng, mode, 14_200_000, "JN03AA", "FN42AB"))
        for mode in modes
        for _ in range(1000)
    ]
    empty = sum(not comment for _, comment in said) / len(said)
    words = {"SSB": ("SSB", "USB", "LSB"), "CW": ("CW",), "FT8": ("FT8",), "RTTY": ("RTTY",)}
    silent = sum(not any(word in comment for word in words[mode]) for mode, comment in said) / len(said)
    assert empty == pytest.approx(1 / 3, abs=0.03)
    assert silent == pytest.approx(0.47, abs=0.03)
    assert any(comment == "JN03AA<>FN42AB" for _, comment in said)


def test_ten_metre_fm_opens_now_and_then_and_most_say_so() -> None:
    traffic = Traffic(1, 0.0, spider_comment)
    opening = next(
        JUNE_21 + minute * 60
        for minute in range(0, 100 * 60)
        if traffic.fm_opening(JUNE_21 + minute * 60) and 10 <= JUNE_21 // HOUR % 24 + minute / 60 % 24 < 24
    )
    made = [traffic.spot(opening + n / 20) for n in range(2000)]
    fm = [spot for spot in made if 29_500_000 <= spot.frequency_hz < 29_700_000]
    assert len(fm) > 20
    assert sum("FM" in spot.comment.upper() for spot in fm) > 0.7 * len(fm)


def test_several_spotters_report_the_same_station() -> None:
    made = spots(9, JUNE_21, 300, 5, machine_share=0.0)
    stations = Counter((spot.dx, spot.frequency_hz) for spot in made)
    again = sum(count - 1 for count in stations.values()) / len(made)
    assert 0.15 < again < 0.4


@pytest.mark.parametrize("name", sorted(DIALECTS))
def test_machines_send_only_what_machines_hear(name: str) -> None:
    dialect = DIALECTS[name]
    traffic = Traffic(1, 1.0, dialect.machine_comment)
    for n in range(500):
        spot = traffic.spot(JUNE_21 + n)
        assert spot.machine
        assert spot.comment.split()[0] in ("CW", "RTTY", "FT8", "FT4")
        assert len(spot.comment) <= 30


def test_bands_do_not_overlap() -> None:
    edges = sorted(
        edge for band in BANDS for edge in [(min(band.segments.values())[0], max(band.segments.values())[1])]
    )
    assert all(high < low for (_, high), (low, _) in pairwise(edges))
