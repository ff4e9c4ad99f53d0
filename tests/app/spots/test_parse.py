"""What each form of line means."""

# ruff: noqa: E501  -- lines of nodes are shown whole

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from spotkeeper.spots.model import Solar, Spot, Unparsed
from spotkeeper.spots.parse import LINE_BYTES, is_live_spot, is_past_spot, parse

RECORDED = Path(__file__).parents[4] / "shared" / "data"


def unix(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


NOON = unix("2026-11-24T12:00:30")


def spot(line: str | bytes, received: float = NOON) -> Spot:
    meaning = parse(line if isinstance(line, bytes) else line.encode(), received)
    assert isinstance(meaning, Spot), meaning
    return meaning


def reason(line: str | bytes) -> str:
    meaning = parse(line if isinstance(line, bytes) else line.encode(), NOON)
    assert isinstance(meaning, Unparsed), meaning
    return meaning.reason


def has(found: object, **wanted: Any) -> None:
    assert {name: getattr(found, name) for name in wanted} == wanted


def test_every_value_of_a_plain_spot() -> None:
    line = "DX de F5AAA:     14025.0  K1ABC        test comment                   1157Z\a\a"
    assert spot(line) == Spot(
        time=unix("2026-11-24T11:57:00"),
        dx="K1ABC",
        spotter="F5AAA",
        frequency_hz=14_025_000,
        band="20m",
        mode="CW",
        mode_source="guessed",
        source="human",
        snr_db=None,
        wpm=None,
        dx_grid=None,
        spotter_grid=None,
        comment="test comment",
        recovered=False,
    )


@pytest.mark.parametrize(
    ("line", "spotter", "frequency_hz", "dx", "comment"),
    [
        ("DX de F5AAA:  24048100.3  G3XYZ/P      24 GHz                         1157Z", "F5AAA", 24_048_100_300, "G3XYZ/P", "24 GHz"),
        ("DX de F5AAA:     28500.0  PJ2/VE3ABCDE/QRP longest                        1157Z", "F5AAA", 28_500_000, "PJ2/VE3ABCDE/QRP", "longest"),
        ("DX de EA8/DL1ABC/P:  14022.0  K1ABC    long spotter 1                 1157Z", "EA8/DL1ABC/P", 14_022_000, "K1ABC", "long spotter 1"),
        ("DX de EA8/DL1ABC/P: 10368100.1  DL/F5AAA/QRP long everything 01234567890123 1157Z", "EA8/DL1ABC/P", 10_368_100_100, "DL/F5AAA/QRP", "long everything 01234567890123"),
        ("DX de F5AAA:14074.0  K1ABC                                       1157Z", "F5AAA", 14_074_000, "K1ABC", ""),
        ("DX de F5AAA      14074.0  K1ABC                                  1157Z", "F5AAA", 14_074_000, "K1ABC", ""),
        ("DX de F5AAA 14074  K1ABC 1157Z", "F5AAA", 14_074_000, "K1ABC", ""),
        ("DX de VE9RK-8:   28430.0  EA2ELS                                      1157Z", "VE9RK-8", 28_430_000, "EA2ELS", ""),
        ("DX de K1ABC:      7018.25 60M          two decimals                   1157Z", "K1ABC", 7_018_250, "60M", "two decimals"),
        ("DX de F5AAA:     14025.0  K1ABC        12 34 1157Z                    1157Z", "F5AAA", 14_025_000, "K1ABC", "12 34 1157Z"),
        ("DX de F5AAA-@:   14025.0  K1ABC        by the web                     1157Z", "F5AAA", 14_025_000, "K1ABC", "by the web"),
        ("DX de F5AAA:     14025.0  K1ABC        a state of the spotter         1157Z AZ", "F5AAA", 14_025_000, "K1ABC", "a state of the spotter"),
    ],
)  # fmt: skip
def test_columns_are_a_habit(line: str, spotter: str, frequency_hz: int, dx: str, comment: str) -> None:
    has(spot(line), spotter=spotter, frequency_hz=frequency_hz, dx=dx, comment=comment)


@pytest.mark.parametrize(
    ("line", "comment", "dx_grid", "spotter_grid"),
    [
        ("DX de F5AAA:     14025.0  K1ABC        test comment                 5 1157Z 14", "test comment", None, None),
        ("DX de F5AAA:      7001.0  K1DDD        grid known for both       FN42 1157Z JN03", "grid known for both", "FN42", "JN03"),
        ("DX de F5AAA:     14021.0  K6ZZZ        ssid                        CA 1157Z JN03", "ssid", None, "JN03"),
        ("DX de F5AAA:     14021.0  K6ZZZ                                  FN42 1157Z", "", "FN42", None),
        ("DX de F5AAA:     14021.0  K6ZZZ        CW 1157Z", "CW", None, None),
        ("DX de F5AAA:     14021.0  K6ZZZ        fills the whole thirty up TX 1 1157Z", "fills the whole thirty up TX 1", None, None),
        ("DX de KF4WE:     29600.0  XE1AQY       EM56NL<>DK89DG FM              1157Z", "EM56NL<>DK89DG FM", "DK89DG", "EM56NL"),
        ("DX de VE1PZ:     50313.0  PT9PA        FN85PR<TEP>GG49DF Hrd but QSB  1157Z", "FN85PR<TEP>GG49DF Hrd but QSB", "GG49DF", "FN85PR"),
        ("DX de ON4VL:     28485.0  VE9CZ        USB JO11uf -> FN75             1157Z", "USB JO11uf -> FN75", "FN75", "JO11UF"),
        ("DX de KA3JAW:    29250.0  K0FCL        FM C4FM by FN20JQ<ES>EM17V     1157Z", "FM C4FM by FN20JQ<ES>EM17V", "EM17", "FN20JQ"),
        ("DX de EA2DYB:     3573.0  OZ7CL        FT8 -11dB from JO56 800Hz      1157Z IN83", "FT8 -11dB from JO56 800Hz", "JO56", "IN83"),
        ("DX de LU6YR:     28074.0  JI7JIH       FT8 FF51 db-14 From FF51 1965  1157Z", "FT8 FF51 db-14 From FF51 1965", None, None),
        ("DX de ON4VL:     28485.0  VE9CZ        FT8 -11dB from JO56            1157Z", "FT8 -11dB from JO56", None, None),
    ],
)  # fmt: skip
def test_grids_and_what_stands_beside_the_time(
    line: str, comment: str, dx_grid: str | None, spotter_grid: str | None
) -> None:
    has(spot(line), comment=comment, dx_grid=dx_grid, spotter_grid=spotter_grid)


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("DX de LZ4UX-#:    7018.3  RW1M           CW    13 dB  18 WPM  CQ      1157Z", {"spotter": "LZ4UX", "mode": "CW", "snr_db": 13, "wpm": 18}),
        ("DX de KM3T-2-#:  14100.0  CS3B           CW    24 dB  22 WPM  NCDXF B 1157Z", {"spotter": "KM3T-2", "snr_db": 24, "wpm": 22}),
        ("DX de LZ3CB-#:    7018.2  RW1M         CW  10dB Q:5* Z:4,14        16 1157Z 20", {"snr_db": 10, "comment": "CW  10dB Q:5* Z:4,14"}),
        ("DX de W9XG-#:    14057.6  G1EEE        CW   6dB **SEEME**        IO93 1157Z", {"snr_db": 6, "dx_grid": "IO93"}),
        ("DX de DK9IP-#:   14074.0  G1EEE          FT8   -7 dB              CQ  1157Z", {"mode": "FT8", "snr_db": -7, "wpm": None}),
    ],
)  # fmt: skip
def test_machines(line: str, wanted: dict[str, Any]) -> None:
    has(spot(line), source="machine", mode_source="said", **wanted)


def test_cc11_of_dxspider() -> None:
    has(
        spot(
            "CC11^14025.0^K1ABC^24-Nov-2026^0357Z^test comment^F5AAA^226^42^GB7TST-2^8^5^27^14"
            "^^^Connecticut-K^France-F^^JN03"
        ),
        time=unix("2026-11-24T03:57"),
        dx="K1ABC",
        spotter="F5AAA",
        frequency_hz=14_025_000,
        comment="test comment",
        source="human",
        dx_grid=None,
        spotter_grid="JN03",
    )


def test_cc11_of_cc_cluster() -> None:
    has(
        spot(
            "CC11^7074^AE1AA^12-Dec-2025^0019Z^FT8  -14 dB 1562 Hz^N2CR-#^1^^RBNFT8^8^5^8^5"
            "^NH^NJ^K^K^FN43^FN20^40^43.5/71^"
        ),
        time=unix("2025-12-12T00:19"),
        spotter="N2CR",
        frequency_hz=7_074_000,
        source="machine",
        snr_db=-14,
        dx_grid="FN43",
        spotter_grid="FN20",
    )


def test_cc11_with_a_separator_in_its_comment() -> None:
    has(
        spot("CC11^14025.0^K1ABC^24-Nov-2026^0357Z^up ^ 5^F5AAA^226^42^GB7TST-2^8^5^27^14^^^K^F^FN42^JN03"),
        comment="up ^ 5",
        spotter="F5AAA",
        dx_grid="FN42",
        spotter_grid="JN03",
    )


def test_cc11_of_a_skimmer_without_its_mark() -> None:
    line = "CC11^7074^AE1AA^12-Dec-2025^0019Z^FT8  -14 dB 1562 Hz^N2CR^1^^RBNFT8^8^5^8^5^NH^NJ^K^K^FN43^FN20^40^^"
    assert spot(line).source == "machine"


def test_history() -> None:
    line = "  14030.0 G1EEE       24-Nov-2026 0357Z from USA                      <K1DDD>"
    has(
        spot(line),
        time=unix("2026-11-24T03:57"),
        dx="G1EEE",
        spotter="K1DDD",
        frequency_hz=14_030_000,
        comment="from USA",
        recovered=True,
    )
    assert is_past_spot(line.encode())
    assert not is_live_spot(line.encode())


def test_history_of_a_long_call_on_an_early_day_by_a_machine() -> None:
    line = "  28500.0 PJ2/VE3ABCDE/QRP  1-Mar-2026 0357Z JN03<>FN42 <ES> longest  <F5AAA-#>"
    has(
        spot(line),
        time=unix("2026-03-01T03:57"),
        dx="PJ2/VE3ABCDE/QRP",
        spotter="F5AAA",
        source="machine",
        comment="JN03<>FN42 <ES> longest",
        dx_grid="FN42",
    )


@pytest.mark.parametrize(
    ("received", "stamp", "time"),
    [
        ("2026-11-24T12:00:30", "1200Z", "2026-11-24T12:00"),
        ("2026-11-24T12:00:30", "1205Z", "2026-11-24T12:05"),
        ("2026-11-24T12:00:30", "1206Z", "2026-11-23T12:06"),
        ("2026-11-25T00:00:05", "2359Z", "2026-11-24T23:59"),
        ("2026-11-24T23:59:50", "0001Z", "2026-11-25T00:01"),
        ("2026-12-01T00:00:05", "2359Z", "2026-11-30T23:59"),
        ("2028-03-01T00:01:00", "2358Z", "2028-02-29T23:58"),
        ("2027-01-01T00:01:00", "2358Z", "2026-12-31T23:58"),
    ],
)
def test_a_time_without_a_date_is_at_most_five_minutes_ahead(received: str, stamp: str, time: str) -> None:
    assert spot(f"DX de F5AAA: 14025.0  K1ABC {stamp}", unix(received)).time == unix(time)


@pytest.mark.parametrize(
    ("frequency", "comment", "mode", "source"),
    [
        ("14200.0", "CW", "CW", "said"),
        ("14025.0", "5-9 lsb", "SSB", "said"),
        ("14074.0", "TNX/FT8", "FT8", "said"),
        ("29600.0", "EM56NL<>DK89DG FM", "FM", "said"),
        ("29600.0", "5-59 in Philadelphia", "FM", "guessed"),
        ("29500.0", "", "FM", "guessed"),
        ("29700.0", "", "FM", "guessed"),
        ("29499.9", "", None, None),
        ("14205.0", "59 FM TX", "SSB", "guessed"),
        ("28450.0", "tnx fm Bob", "SSB", "guessed"),
        ("28450.0", "grid FM06 N. America", "SSB", "guessed"),
        ("29040.0", "59 with QSB (AM mode!)", "AM", "said"),
        ("14205.0", "I AM here until 9 AM", "SSB", "guessed"),
        ("29250.0", "C4FM", "C4FM", "said"),
        ("14025.0", "SSB or CW?", "CW", "guessed"),
        ("29200.0", "FM or C4FM", None, None),
        ("14205.0", "CW not FM", "CW", "said"),
        ("7045.0", "SSB or CW?", None, None),
        ("7045.0", "", None, None),
        ("14074.3", "", "FT8", "guessed"),
        ("5.0", "", None, None),
    ],
)
def test_mode(frequency: str, comment: str, mode: str | None, source: str | None) -> None:
    has(spot(f"DX de F5AAA: {frequency}  K1ABC {comment} 1157Z"), mode=mode, mode_source=source)


@pytest.mark.parametrize(
    ("frequency", "band"),
    [
        ("136.5", "2200m"), ("474.2", "630m"), ("1800.0", "160m"), ("3999.9", "80m"), ("5357.0", "60m"),
        ("7300.0", "40m"), ("7300.1", None), ("6999.9", None), ("14350.0", "20m"), ("28000.0", "10m"),
        ("40680.0", "8m"), ("50313.0", "6m"), ("70154.0", "4m"), ("144200.0", "2m"), ("432100.0", "70cm"),
        ("1296200.0", "23cm"), ("10489550.0", "3cm"), ("24048100.3", "1.25cm"), ("47088000.0", "6mm"),
        ("0.001", None), ("17.2", None), ("299000000", None),
    ],
)  # fmt: skip
def test_band(frequency: str, band: str | None) -> None:
    assert spot(f"DX de F5AAA: {frequency}  K1ABC 1157Z").band == band


@pytest.mark.parametrize(
    ("comment", "snr_db", "wpm"),
    [
        ("FT8 -14 dB", -14, None),
        ("FT8 FF51 db-14 From FF51 1965", -14, None),
        ("SSB 59+20dB", None, None),
        ("CW +20 dB over", None, None),
        ("FT8 999dB", None, None),
        ("CW 25 WPM", None, 25),
        ("CW 999 WPM", None, None),
        ("CW 0 WPM", None, None),
    ],
)
def test_reports_that_are_doubtful_stay_empty(comment: str, snr_db: int | None, wpm: int | None) -> None:
    has(spot(f"DX de F5AAA: 14025.0  K1ABC {comment} 1157Z"), snr_db=snr_db, wpm=wpm)


def test_comments_in_utf_8_and_latin_1_without_control_characters() -> None:
    head, tail = b"DX de F5AAA:     14025.0  K1ABC        ", b"                1157Z"
    assert spot(head + "Grüße\tan\x00\x1ballé".encode() + tail).comment == "Grüße an  allé"
    assert spot(head + "Grüße".encode("latin-1") + tail).comment == "Grüße"
    assert spot(head + "Köln Günt".encode() + b"\xc3" + tail).comment == "Köln Günt"
    assert spot(head + b"caf\xe9" + tail).comment == "café"
    assert spot(head + b"US-1044\xa0Lake" + tail).comment == "US-1044\xa0Lake"


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        (
            "WWV de AE5E <04>:   SFI=133, A=12, K=0, Minor w/G1 -> No Storms",
            Solar(unix("2026-11-24T04:00"), "WWV", "AE5E", 133, 12, 0, None, None, "Minor w/G1 -> No Storms"),
        ),
        (
            "WWV de F5AAA <4>:   SFI=70, A=5, K=1, No Storms -> No Storms",
            Solar(unix("2026-11-24T04:00"), "WWV", "F5AAA", 70, 5, 1, None, None, "No Storms -> No Storms"),
        ),
        (
            "WCY de DK0WCY-1 <18> : K=2 expK=3 A=10 R=88 SFI=135 SA=qui GMF=qui Au=no",
            Solar(unix("2026-11-23T18:00"), "WCY", "DK0WCY-1", 135, 10, 2, 3, 88, "SA=qui GMF=qui Au=no"),
        ),
        (
            "WWV de AE5E <04>:   SFI=9999, A=5",
            Solar(unix("2026-11-24T04:00"), "WWV", "AE5E", None, 5, None, None, None, ""),
        ),
    ],
)
def test_bulletins(line: str, wanted: Solar) -> None:
    assert parse(line.encode(), NOON) == wanted


@pytest.mark.parametrize(
    "line",
    [
        "", "login: ", "Hello Bob, this is GB7TST-2 in Testbury", "Invalid command",
        "F5AAA de GB7TST-2 24-Nov-2026 0355Z dxspider >", "To ALL de F5AAA: DX de me", "WX de F5AAA: rain",
        "F5BBB de F5AAA: private talk", "User OE1ZZZ has logged in", "Date        Hour   SFI   A   K",
    ],
)  # fmt: skip
def test_what_is_for_humans(line: str) -> None:
    assert parse(line.encode(), NOON) is None


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("DX de F5AAA:", "too short for a spot"),
        ("DX de F5AAA: hello  K1ABC  1157Z", "'hello' is not a frequency"),
        ("DX de F5AAA: 14025.0  K1ABC,  1157Z", "'K1ABC,' is not a call"),
        ("DX de F5_AA: 14025.0  K1ABC   1157Z", "'F5_AA' is not a spotter's call"),
        ("DX de F5AAA: 14025.0  K1ABC   1160Z", "'1160' is not a time of day"),
        ("DX de F5AAA: 14025.0  K1ABC   ٠٣٥٧Z", "'٠٣٥٧' is not a time of day"),
        ("DX de F5AAA: 14025.0  K1ABC   no time", "no time at its end"),
        ("DX de F5AAA: 0.0  K1ABC   1157Z", "0.0 kHz is out of range"),
        ("DX de F5AAA: 999999999  K1ABC   1157Z", "999999999 kHz is out of range"),
        ("DX de F5AAA: 9999999999999  K1ABC   1157Z", "'9999999999999' is not a frequency"),
        (f"DX de F5AAA: 14025.0  {'K' * 25}   1157Z", "a call of more than 24 characters"),
        ("CC11^14025.0^K1ABC", "too short for a CC11 spot"),
        ("CC11^14025.0^K1ABC^31-Feb-2026^0357Z^^F5AAA", "'31-Feb-2026' is not a date"),
        ("CC11^14025.0^K1ABC^24-Nov-2099^0357Z^^F5AAA", "24-Nov-2099 0357 is in the future"),
        ("CC11^14025.0^K1ABC^24-Nov-2026^2357Z^^F5AAA", "24-Nov-2026 2357 is in the future"),
        ("CC11^x^K1ABC^24-Nov-2026^0357Z^^F5AAA", "'x' is not a frequency"),
        ("CC11^14025.0^^24-Nov-2026^0357Z^^F5AAA", "'' is not a call"),
        ("  14030.0 G1EEE       24-Nov-2026 0357Z from USA  <who?>", "'who?>' is not a spotter's call"),
        ("WWV de AE5E <24>:   SFI=133, A=12, K=3, x", "'24' is not an hour"),
        ("WWV de AE5E <04>:   nothing", "a bulletin without a figure"),
        ("WCY de ???", "not in the form of a WCY bulletin"),
        ("\x01\x02rubbish", "not text"),
        ("x" * (LINE_BYTES + 1), "longer than 1024 bytes"),
    ],
)
def test_the_reason_why_a_line_is_none(line: str, why: str) -> None:
    assert reason(line) == why


# -- recorded lines --------------------------------------------------------------------------------------


def recorded(name: str) -> list[tuple[bytes, Spot | Solar | Unparsed | None]]:
    path = RECORDED / name
    if not path.exists():
        pytest.skip(f"{name} is not beside this repository")
    rows = [row.split(b"\t", 1) for row in path.read_bytes().split(b"\n") if row]
    return [(line, parse(line.rstrip(b"\r"), float(time))) for time, line in rows]


def test_of_1500_recorded_lines_at_most_five_are_unparsed() -> None:
    lines = recorded("dx-spots-2026-03-01.tsv")
    unparsed = [(line, meaning) for line, meaning in lines if not isinstance(meaning, Spot)]
    assert len(lines) == 1500
    assert len(unparsed) <= 5, unparsed


def test_all_recorded_fm_contacts_on_10_m_are_recognised() -> None:
    spots = [meaning for _, meaning in recorded("dx-spots-10m-2025-12-06.tsv") if isinstance(meaning, Spot)]
    fm = [
        spot
        for spot in spots
        if re.search(r"\bFM\b", spot.comment) or 29_500_000 <= spot.frequency_hz < 29_700_000
    ]
    assert len(fm) >= 7
    assert {spot.mode for spot in fm} == {"FM"}
