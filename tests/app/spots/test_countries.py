"""Which country a call is from."""

# ruff: noqa: E501  -- tables of calls

from pathlib import Path

import pytest
from spotkeeper.spots.countries import Countries

COUNTRIES = Countries(Path("/usr/share/hamradio-files/cty.csv").read_text())


@pytest.mark.parametrize(
    ("call", "name"),
    [
        ("F5AAA", "France"), ("ON4XX", "Belgium"), ("KM3T-2", "United States"), ("T77LA", "San Marino"),
        ("K1ABC/4", "United States"), ("K1ABC/KH6", "Hawaii"), ("KH6ABC/4", "United States"), ("KH6ABC/6", "Hawaii"),
        ("KG4AA", "Guantanamo Bay"), ("KG4AAA", "United States"), ("KG4A", "United States"), ("KG4AA/P", "Guantanamo Bay"),
        ("EA8/DL1ABC/P", "Canary Islands"), ("DL1ABC/EA8", "Canary Islands"), ("EA1ABC/8", "Canary Islands"),
        ("UA9AAA/3", "European Russia"), ("OH2AA/0", "Aland Islands"), ("C6AGU/4", "Bahamas"), ("S57AA/4", "Slovenia"),
        ("PJ2/VE3ABCDE/QRP", "Curacao"), ("CT9/UR9IDX", "Madeira Islands"), ("N2KHH/VY2", "Canada"),
        ("KC4/DL1AA", "United States"), ("W4/F5AAA", "United States"), ("3D2/DL1AA", "Fiji"), ("MM/DL1AA", "Scotland"),
        ("FO/F5AAA", "French Polynesia"), ("FO/DL5XU", "Marquesas Islands"), ("VK9ALH", "Lord Howe Island"),
        ("WW4SF/GVIL", "United States"), ("VE2GT/150", "Canada"), ("GB3VHF/B", "England"), ("F5AAA/LH", "France"),
        ("ON4AAA/A", "Belgium"), ("TX5EG", "French Polynesia"), ("RI1FJ", "Franz Josef Land"), ("4U1UN", "United Nations HQ"),
    ],
)  # fmt: skip
def test_the_country_of_a_call(call: str, name: str) -> None:
    place = COUNTRIES.find(call)
    assert place is not None
    assert place.name == name


@pytest.mark.parametrize(
    "call",
    [
        "K1ABC/MM", "K1ABC/AM", "YL3IZ/MM", "UT1FG/MM", "60M", "NCDXF", "BEACON", "QQ1AA", "", "/", "-", "F5AAA/G", "-1",
        "DL1ABC/W1AW", "W1AW/PA", "W1AW/TN", "VE3AAA/ON", "FN42", "A/B/C/D", "VK9QAB",
    ],
)  # fmt: skip
def test_a_doubtful_one_has_none(call: str) -> None:
    assert COUNTRIES.find(call) is None


def test_all_that_is_known_of_a_place() -> None:
    place = COUNTRIES.find("VE7ABC")
    assert place is not None
    assert (place.dxcc, place.name, place.continent, place.cq_zone, place.itu_zone) == (
        1,
        "Canada",
        "NA",
        3,
        2,
    )
    assert place.latitude == pytest.approx(44, abs=1)
    assert place.longitude == pytest.approx(-79, abs=1)


@pytest.mark.parametrize(
    ("call", "region"),
    [("F5AAA", 1), ("ZS6AA", 1), ("UA0AAA", 1), ("4X1AA", 1), ("JT1AA", 1), ("EP2AA", 3), ("JA1AA", 3), ("VK2AA", 3),
     ("K1AA", 2), ("KH6AA", 2), ("KH2AA", 3), ("PY2AA", 2), ("CE0YAA", 2), ("OX3AA", 2)],
)  # fmt: skip
def test_the_region_of_the_itu(call: str, region: int) -> None:
    place = COUNTRIES.find(call)
    assert place is not None
    assert place.region == region


def test_what_differs_within_an_entity() -> None:
    countries = Countries(
        "XX,Test,1,EU,14,27,10.00,-20.00,-1.0,XX XX9(15)[28]<30.5/40.25>{AS}~5.0~ =XX1Y[29];\n"
    )
    usual, differing, call = (countries.find(call) for call in ("XX1AA", "XX9AA", "XX1Y"))
    assert usual is not None
    assert differing is not None
    assert call is not None
    assert (usual.cq_zone, usual.itu_zone, usual.continent, usual.latitude, usual.longitude) == (
        14,
        27,
        "EU",
        10,
        20,
    )
    assert (differing.cq_zone, differing.itu_zone, differing.continent) == (15, 28, "AS")
    assert (differing.latitude, differing.longitude, differing.region) == (30.5, -40.25, 3)
    assert (call.cq_zone, call.itu_zone) == (14, 29)


@pytest.mark.parametrize(
    "text", ["", "no file", "XX,Test,1,EU,14,27,10.00,-20.00,-1.0,ab;", "a,b,c,d,e,f,g,h,i,XX;"]
)
def test_what_is_no_country_file(text: str) -> None:
    with pytest.raises(ValueError, match=r"country file|prefix|invalid literal|could not convert"):
        Countries(text)
