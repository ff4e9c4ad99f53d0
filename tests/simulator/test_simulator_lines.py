"""The node writes what real nodes write: the examples are lines of real nodes."""

import pytest

from simulator.comments import rbn_comment
from simulator.dialects import DIALECTS
from simulator.lines import (
    Spot,
    cc11_line,
    cc11_line_of_cc_cluster,
    history_line,
    is_callsign,
    read_spot,
    read_spot_line,
    spot_line,
)
from simulator.places import Place, place_of

NOV_24_0357Z = 1795492620
MAR_1_0357Z = 1772337420


def spot(text: str, time: int = NOV_24_0357Z) -> Spot:
    return read_spot(text, time)


@pytest.mark.parametrize(
    ("text", "left", "right", "line"),
    [
        (
            "F5AAA 14025.0 K1ABC test comment", "", "",
            "DX de F5AAA:     14025.0  K1ABC        test comment                   0357Z",
        ),
        (
            "F5AAA 14025.0 K1ABC test comment", "5", "14",
            "DX de F5AAA:     14025.0  K1ABC        test comment                 5 0357Z 14",
        ),
        (
            "F5AAA 7001 K1DDD grid known for both", "FN42", "JN03",
            "DX de F5AAA:      7001.0  K1DDD        grid known for both       FN42 0357Z JN03",
        ),
        (
            "F5AAA 24048100.3 G3XYZ/P 24 GHz", "", "",
            "DX de F5AAA:  24048100.3  G3XYZ/P      24 GHz                         0357Z",
        ),
        (
            "F5AAA 28500 PJ2/VE3ABCDE/QRP longest", "", "",
            "DX de F5AAA:     28500.0  PJ2/VE3ABCDE/QRP longest                        0357Z",
        ),
        (
            "EA8/DL1ABC/P 14022.0 K1ABC long spotter 1", "", "",
            "DX de EA8/DL1ABC/P:  14022.0  K1ABC    long spotter 1                 0357Z",
        ),
        (
            "EA8/DL1ABC/P 10368100.1 DL/F5AAA/QRP long everything 01234567890123", "", "",
            "DX de EA8/DL1ABC/P: 10368100.1  DL/F5AAA/QRP long everything 01234567890123 0357Z",
        ),
        (
            "W9XG-# 14057.6 G1EEE CW   6dB **SEEME**", "IO93", "",
            "DX de W9XG-#:    14057.6  G1EEE        CW   6dB **SEEME**        IO93 0357Z",
        ),
    ],
)  # fmt: skip
def test_a_spot_stands_in_the_columns_of_dxspider(text: str, left: str, right: str, line: str) -> None:
    assert spot_line(spot(text), left, right) == line


class Dice:
    """Random numbers of our choice."""

    def __init__(self, *numbers: int) -> None:
        self.numbers = list(numbers)

    def random(self) -> float:
        return 0.5

    def randint(self, low: int, high: int) -> int:
        return self.numbers.pop(0)

    def choice(self, choices: tuple[str, ...]) -> str:
        return choices[0]


def test_a_skimmers_report_stands_in_the_columns_of_the_rbn() -> None:
    place = place_of("UA3ABC")
    assert isinstance(place, Place)
    comment = rbn_comment(Dice(13, 18), "CW", place)  # type: ignore[arg-type]
    line = spot_line(Spot(NOV_24_0357Z, "LZ4UX-#", 7018300, "RW1M", comment))
    assert line == "DX de LZ4UX-#:    7018.3  RW1M           CW    13 dB  18 WPM  CQ      0357Z"


@pytest.mark.parametrize(
    ("text", "time", "line"),
    [
        (
            "K1DDD 14030.0 G1EEE from USA", NOV_24_0357Z,
            "  14030.0 G1EEE       24-Nov-2026 0357Z from USA                      <K1DDD>",
        ),
        (
            "F5AAA 28500.0 PJ2/VE3ABCDE/QRP longest", MAR_1_0357Z,
            "  28500.0 PJ2/VE3ABCDE/QRP  1-Mar-2026 0357Z longest                  <F5AAA>",
        ),
    ],
)  # fmt: skip
def test_history_ends_at_column_77(text: str, time: int, line: str) -> None:
    assert history_line(spot(text, time)) == line
    assert len(line) == 77


def test_cc11_has_the_fields_of_the_real_ones() -> None:
    france = place_of("F5AAA")
    connecticut = place_of("K1ABC")
    one = Spot(NOV_24_0357Z, "F5AAA", 14025000, "K1ABC", "test comment", france, connecticut, "JN03AA")
    assert cc11_line(one, "GB7TST-2") == (
        "CC11^14025.0^K1ABC^24-Nov-2026^0357Z^test comment^F5AAA^291^227^GB7TST-2^8^5^27^14^CT^"
        "^Connecticut-K^France-F^^JN03"
    )
    assert cc11_line_of_cc_cluster(one, "AE5E") == (
        "CC11^14025^K1ABC^24-Nov-2026^0357Z^test comment^F5AAA^291^227^AE5E^8^5^27^14^CT^^K^F^^JN03^42.0/73^"
    )


@pytest.mark.parametrize(
    "call", ["K1ABC", "2E0XYZ", "S51AB", "EA8/DL1ABC/P", "W1HKJ-7", "N0CALL-99", "3D2XX"]
)
def test_callsigns(call: str) -> None:
    assert is_callsign(call)


@pytest.mark.parametrize("text", ["HELLO", "", "14025.0", "K1ABC-100", "K1ABC-0", "K1 ABC", "login"])
def test_no_callsigns(text: str) -> None:
    assert not is_callsign(text)


@pytest.mark.parametrize("name", sorted(DIALECTS))
def test_what_is_written_reads_back(name: str) -> None:
    one = spot("DL1ABC 7003.5 K1ABC up 1")
    write = DIALECTS[name].formats[""]
    back = read_spot_line(write(one, "GB7TST-2"), NOV_24_0357Z)
    assert back is not None
    assert back == one
