"""What the node writes stands in the same columns as what DXSpider writes."""

from datetime import UTC, datetime
from typing import Any

import pytest
from spotkeeper.db.live import LiveSpot
from spotkeeper.node import lines

from simulator import lines as dxspider

NONE = dict.fromkeys(LiveSpot.__struct_fields__)
TIME = datetime(2026, 3, 1, 3, 57, tzinfo=UTC)


def a_live(**values: Any) -> LiveSpot:
    usual = {"time": TIME, "dx": "K1ABC", "spotter": "F5AAA", "frequency_khz": 14025.0, "source": "human"}
    return LiveSpot(**NONE | usual | {"comment": "test comment"} | values)


SPOTS = [
    {},
    {"comment": ""},
    {"comment": "more than thirty characters do not fit into a line"},
    {"dx": "PJ2/VE3ABCDE/QRP", "frequency_khz": 28500.0},
    {"spotter": "EA8/DL1ABC/P", "frequency_khz": 10368100.1, "dx": "DL/F5AAA/QRP"},
    {"spotter": "LZ4UX", "source": "machine", "frequency_khz": 7018.3},
    {"spotter": "K1LNG-1", "frequency_khz": 1840.0},
]


@pytest.mark.parametrize("values", SPOTS)
def test_columns_are_those_of_dxspider(values: dict[str, Any]) -> None:
    spot = a_live(**values)
    marked = spot.spotter + "-#" * (spot.source == "machine")
    same = dxspider.Spot(
        int(TIME.timestamp()), marked, round(spot.frequency_khz * 1000), spot.dx, spot.comment
    )
    assert lines.live(spot).decode() == dxspider.spot_line(same) + "\r\n"
    assert lines.history(spot).decode() == dxspider.history_line(same) + "\r\n"


def test_line_of_the_documentation() -> None:
    assert lines.live(a_live()) == (
        b"DX de F5AAA:     14025.0  K1ABC        test comment                   0357Z\r\n"
    )
    assert lines.history(a_live(comment="from USA", dx="G1EEE", spotter="K1DDD", frequency_khz=14030.0)) == (
        b"  14030.0 G1EEE        1-Mar-2026 0357Z from USA                      <K1DDD>\r\n"
    )


def test_letters_of_two_bytes_are_not_cut_in_half_and_keep_the_columns() -> None:
    line = lines.live(a_live(comment="x" + "ü" * 20))
    assert line.endswith("ü 0357Z\r\n".encode()) or line.endswith(b" 0357Z\r\n")
    assert line.index(b"0357Z") == 70
    line.decode()


def test_cc11_has_its_fields_and_no_more() -> None:
    spot = a_live(
        comment="a^b",
        dx_dxcc=291,
        spotter_dxcc=227,
        dx_itu_zone=8,
        dx_cq_zone=5,
        spotter_itu_zone=27,
        spotter_cq_zone=14,
        spotter_grid="JN03AB",
    )
    assert lines.cc11(spot, "N0CALL-2") == (
        b"CC11^14025.0^K1ABC^1-Mar-2026^0357Z^a b^F5AAA^291^227^N0CALL-2^8^5^27^14^^^^^^JN03\r\n"
    )
