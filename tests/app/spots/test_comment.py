"""What a comment says, and what it does not: a doubtful value stays empty."""

# ruff: noqa: E501  -- tables of comments

from datetime import UTC, datetime
from pathlib import Path

import pytest
from spotkeeper.spots.countries import Countries
from spotkeeper.spots.model import Spot
from spotkeeper.spots.parse import parse

NOON = datetime(2026, 11, 24, 12, 0, 30, tzinfo=UTC).timestamp()
COUNTRIES = Countries(Path("/usr/share/hamradio-files/cty.csv").read_text())


def spot(comment: str, khz: str = "14205.0", dx: str = "K1ABC", spotter: str = "F5AAA") -> Spot:
    meaning = parse(f"DX de {spotter}: {khz}  {dx} {comment} 1157Z".encode(), NOON, COUNTRIES)
    assert isinstance(meaning, Spot), meaning
    return meaning


@pytest.mark.parametrize(
    ("comment", "report"),
    [
        ("59", "59"), ("59 in Ohio", "59"), ("ur 599 tnx", "599"), ("UR599", "599"), ("@599", "599"), ("5NN", "5NN"),
        ("5-9", "5-9"), ("5/9 QSB", "5/9"), ("5x9 op Bob", "5X9"), ("5-59 in Philadelphia", "5-59"), ("59+ Texas", "59+"),
        ("59+20", "59+20"), ("59+20dB", "59+20"), ("S9+10", "S9+10"), ("339 weak", "339"), ("57 SA", "57"), ("(59)", "59"),
        ("POTA US-0599", None), ("55 73", None), ("73", None), ("57 W", None), ("59 watts", None), ("58 years", None),
        ("58 ANIVERSARIO", None), ("up 5-9", None), ("UP 5/9", None), ("599 Hz", None), ("CQ 160", None), ("ITU 59", None),
        ("2026-5-9", None), ("14.59", None), ("5-10", None), ("59%", None), ("1-2", None), ("loud", None), ("", None),
    ],
)  # fmt: skip
def test_the_signal_report(comment: str, report: str | None) -> None:
    assert spot(comment).report == report


@pytest.mark.parametrize(
    ("comment", "report", "snr_db"),
    [
        ("FT8 -14 dB", "-14", -14), ("FT8 -05dB 788Hz", "-05", -5), ("FT8 +04", "+04", 4), ("-17 FT8", "-17", -17),
        ("FT8 db-14", "-14", -14), ("FT8 9dB", "9", 9), ("FT8 FF35 -14 > FN54", "-14", -14),
        ("FT8 sent -14 rcvd -10", None, None), ("FT8 -14dB -10dB", None, None), ("FT8 +1104 Hz", None, None),
        ("FT8 599", "599", None), ("SSB +20dB", None, None), ("CW -14", None, None),
    ],
)  # fmt: skip
def test_reports_in_decibels(comment: str, report: str | None, snr_db: int | None) -> None:
    assert (spot(comment).report, spot(comment).snr_db) == (report, snr_db)


def test_a_machine_makes_no_report_but_measures() -> None:
    by_machine = spot("CW    13 dB  18 WPM  CQ", spotter="LZ4UX-#")
    assert (by_machine.report, by_machine.snr_db, by_machine.wpm) == (None, 13, 18)


@pytest.mark.parametrize(
    ("comment", "source"),
    [
        ("CW    13 dB  18 WPM  CQ", "machine"), ("FT8  -7 dB          CQ", "machine"), ("RTTY 12 dB  45 BPS  DX", "machine"),
        ("CW 13 dB 18 WPM", "human"), ("CW  10dB Q:5* Z:4,14", "human"),
    ],
)  # fmt: skip
def test_the_words_of_the_reverse_beacon_network_without_its_mark(comment: str, source: str) -> None:
    assert spot(comment).source == source


@pytest.mark.parametrize(
    ("khz", "comment", "qsx_hz"),
    [
        ("14195.0", "QSX 14205", 14_205_000), ("14195.0", "QSX 14.205", 14_205_000), ("14195.0", "qsx 205", 14_205_000),
        ("14025.1", "QSX 14028.30", 14_028_300), ("14195.0", "QSX 14205.0 kHz", 14_205_000), ("7095.0", "LSN 7185", 7_185_000),
        ("14195.0", "listening on 14205", 14_205_000), ("14195.0", "up 5", 14_200_000), ("14195.0", "UP5", 14_200_000),
        ("14195.0", "5 up", 14_200_000), ("1820.0", "up 1.5 ATNO", 1_821_500), ("14195.0", "up 5 kHz", 14_200_000),
        ("14195.0", "dn 5", 14_190_000), ("14195.0", "down 10", 14_185_000), ("14195.0", "QSX UP 5", 14_200_000),
        ("14195.0", "CW up 2!", 14_197_000), ("14195.0", "QSX 14200 up 5", 14_200_000),
        ("14195.0", "up", None), ("14195.0", "Up Great Op!", None), ("14195.0", "up 5-10", None), ("14195.0", "up 5/10", None),
        ("14195.0", "up 5 to 10", None), ("14195.0", "UP 2-5", None), ("14195.0", "5-10 up", None), ("14195.0", "up 5,10", None),
        ("14195.0", "up 5 10", None), ("14195.0", "QSX 14205-14215", None), ("14195.0", "QSX 7185", None), ("14195.0", "QSX 5", None),
        ("14195.0", "up 5W", None), ("14195.0", "pse QSY up 5", None), ("14195.0", "pile up 5 deep", None), ("14195.0", "up 599", None),
        ("14195.0", "up 100", None), ("14195.0", "59 up", None), ("14195.0", "up 5 dn 5", None), ("14195.0", "huge p.up", None),
        ("14345.0", "up 10", None), ("18100.0", "EL86XQ<>DN17", None), ("14195.0", "QSX 14205 14210", None), ("13900.0", "up 5", None),
        ("14195.0", "QSX 14,205", None), ("14195.0", "UP2 - 5", None),
    ],
)  # fmt: skip
def test_where_the_dx_listens(khz: str, comment: str, qsx_hz: int | None) -> None:
    assert spot(comment, khz).qsx_hz == qsx_hz


@pytest.mark.parametrize(
    ("comment", "references"),
    [
        ("POTA US-0001", ("POTA:US-0001",)), ("US-1044M- Lake Guntersville", ("POTA:US-1044",)), ("US-12022", ("POTA:US-12022",)),
        ("POTA US- 12022 IN", ("POTA:US-12022",)), ("POTA US1234", ("POTA:US-1234",)), ("pota k-4567", ("POTA:K-4567",)),
        ("US-0001 US-0002", ("POTA:US-0001", "POTA:US-0002")), ("POTA US-0001 US-0001", ("POTA:US-0001",)),
        ("SOTA W6/CT-001", ("SOTA:W6/CT-001",)), ("W4C/CM-123", ("SOTA:W4C/CM-123",)), ("sota g/ld003", ("SOTA:G/LD-003",)),
        ("IOTA EU-005", ("IOTA:EU-005",)), ("IOTA NA095 Desecheo", ("IOTA:NA-095",)), ("af-020", ("IOTA:AF-020",)),
        ("WWFF DLFF-0001", ("WWFF:DLFF-0001",)), ("KFF4391", ("WWFF:KFF-4391",)), ("WWFF VKFF 0179", ("WWFF:VKFF-0179",)),
        ("POTA DE-0012 DLFF-0034 IOTA EU-127", ("POTA:DE-0012", "WWFF:DLFF-0034", "IOTA:EU-127")),
        ("WCA DL-0234", ()), ("MOTA DE-1234", ()), ("COTA POTA DE-1234", ("POTA:DE-1234",)), ("POTA US-PR", ()), ("K-4567", ()),
        ("POTA", ()), ("EU-0051x", ("POTA:EU-0051",)), ("EU-00512", ()), ("EU 339", ()), ("2026-1234", ()), ("", ()),
    ],
)  # fmt: skip
def test_references(comment: str, references: tuple[str, ...]) -> None:
    assert spot(comment).references == references


@pytest.mark.parametrize(
    ("khz", "comment", "propagation"),
    [
        ("29600.0", "FN20JQ<ES>CM99NE FM", "ES"), ("50313.0", "FN85PR<TEP>GG49DF", "TEP"), ("144200.0", "JN03<TR>JN18", "TR"),
        ("144360.0", "JN03<MS>KP20", "MS"), ("432065.0", "JN03 <EME> FN20", "EME"), ("144300.0", "JN03 <AU> JO65", "AUR"),
        ("144120.0", "EME big", "EME"), ("144300.0", "tropo to Spain", "TR"), ("50110.0", "sporadic E", "ES"), ("50110.0", "E-skip", "ES"),
        ("144360.0", "meteor scatter", "MS"), ("144300.0", "via aurora", "AUR"), ("10368100.0", "rain scatter", "RS"),
        ("28500.0", "back scatter", "BS"), ("29640.0", "echolink", "ECH"),
        ("28500.0", "Aurora, IL", None), ("14205.0", "EME", None), ("50110.0", "tnx es 73", None), ("50110.0", "MS", None),
        ("144200.0", "JN03<>JN18", None), ("144200.0", "tropo or EME?", None), ("144200.0", "<hello>", None),
    ],
)  # fmt: skip
def test_propagation(khz: str, comment: str, propagation: str | None) -> None:
    assert spot(comment, khz).propagation == propagation


@pytest.mark.parametrize(
    ("khz", "comment", "satellite"),
    [
        ("10489550.0", "", "QO-100"), ("10489650.0", "QO100 ssb", "QO-100"), ("435640.0", "RS-44 CW", "RS-44"), ("435640.0", "rs44", "RS-44"),
        ("145950.0", "AO7", "AO-7"), ("436795.0", "SO-50", "SO-50"), ("145800.0", "ISS voice", "ISS"), ("435310.0", "IO-117", "IO-117"),
        ("435640.0", "JO97", None), ("435640.0", "JO-97", "JO-97"), ("14205.0", "RS-44", None), ("145950.0", "AO-7 or FO-29", None),
        ("435640.0", "LA/AO-007", None), ("435640.0", "ZZ-99", None), ("10368100.0", "", None),
    ],
)  # fmt: skip
def test_satellites(khz: str, comment: str, satellite: str | None) -> None:
    found = spot(comment, khz)
    assert found.satellite == satellite
    assert found.propagation == ("SAT" if satellite else None)


@pytest.mark.parametrize(
    ("khz", "dx", "comment", "beacon"),
    [
        ("28205.0", "DL0IGI/B", "", True), ("50050.0", "GB3BUX/BCN", "", True), ("28250.0", "K1ABC", "beacon 599", True),
        ("14100.0", "CS3B", "CW    24 dB  22 WPM  NCDXF B", True), ("21150.1", "4U1UN", "", True), ("14205.0", "4U1UN", "", False),
        ("14100.0", "K1ABC", "", False), ("14205.0", "K1ABC/P", "beaconsfield", False), ("14205.0", "K1ABC", "", False),
    ],
)  # fmt: skip
def test_beacons(khz: str, dx: str, comment: str, beacon: bool) -> None:
    assert spot(comment, khz, dx).beacon is beacon


@pytest.mark.parametrize(
    ("dx", "khz", "band"),
    [
        ("K1ABC", "3900.0", "80m"), ("DL1ABC", "3900.0", None), ("JA1ABC", "3900.0", "80m"), ("K1ABC/MM", "3900.0", "80m"),
        ("K1ABC", "7250.0", "40m"), ("DL1ABC", "7250.0", None), ("VK2ABC", "7250.0", None), ("K1ABC", "147000.0", "2m"),
        ("DL1ABC", "147000.0", None), ("K1ABC", "223500.0", "1.25m"), ("DL1ABC", "223500.0", None), ("K1ABC", "1801.0", "160m"),
        ("DL1ABC", "1801.0", None), ("DL1ABC", "136.0", "2200m"), ("DL1ABC", "47088000.0", "6mm"),
    ],
)  # fmt: skip
def test_a_band_has_the_edges_of_the_region_of_its_dx(dx: str, khz: str, band: str | None) -> None:
    assert spot("", khz, dx).band == band


def test_both_ends() -> None:
    found = spot("", dx="JA1ABC")
    assert [
        (place.dxcc, place.continent, place.cq_zone, place.itu_zone)
        for place in (found.dx_place, found.spotter_place)
        if place is not None
    ] == [(339, "AS", 25, 45), (227, "EU", 14, 27)]


@pytest.mark.parametrize(
    ("dx", "comment", "way"),
    [
        ("K1ABC", "JN03<>FN42", (5663, 295, "grid")),
        ("K1ABC", "", (7374, 300, "country")),
        ("F6BBB", "", (None, None, None)),
        ("F6BBB", "JN03<>JN18", (577, 15, "grid")),
        ("F6BBB", "JN03<>JN03", (None, None, None)),
        ("K1ABC/MM", "", (None, None, None)),
        ("K1ABC/MM", "JN03<>IN60", (740, 246, "grid")),
        ("K1ABC", "FT8 -11dB from FN42 800Hz", (5618, 294, "country")),
    ],
)
def test_how_far_and_how_well_that_is_known(
    dx: str, comment: str, way: tuple[int | None, int | None, str | None]
) -> None:
    found = spot(comment, dx=dx)
    assert (found.distance_km, found.bearing, found.place_source) == way


def test_without_a_country_file_grids_still_tell_the_way() -> None:
    meaning = parse(b"DX de F5AAA: 14205.0  K1ABC JN03<>FN42 1157Z", NOON)
    assert isinstance(meaning, Spot)
    assert (meaning.dx_dxcc, meaning.place_source) == (None, "grid")
