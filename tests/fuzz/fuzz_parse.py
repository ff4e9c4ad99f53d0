"""Coverage-guided fuzzing of the parser by atheris: `make fuzz`.

Arguments are libFuzzer's, the first of them the folder that keeps what was found interesting. Exits with an
error, and writes the line beside it, when a line raises or a spot holds what the tables do not take.
"""

import sys

import atheris

with atheris.instrument_imports(include=["spotkeeper.spots"]):
    from spotkeeper.spots.countries import Countries
    from spotkeeper.spots.model import Solar, Spot, Unparsed
    from spotkeeper.spots.parse import is_live_spot, is_past_spot, parse

COUNTRIES = Countries(
    "F,France,227,EU,14,27,46.00,-2.00,-1.0,F TM;\n"
    "K,United States,291,NA,5,8,37.60,91.87,5.0,AA K N W K0(4)[7] W6(3)[6] =K1ABC/7(3)[6];\n"
    "KG4,Guantanamo Bay,105,NA,8,11,20.00,75.00,5.0,KG4;\n"
    "VK9N,Norfolk Island,189,OC,32,60,-29.03,-167.93,-11.5,VK9;\n"
)


def one_line(data: bytes) -> None:
    received = 1.8e9 + int.from_bytes(data[:2], "big") * 60
    for line in (data[2:], b"DX de F5AAA: 14025.0 K1ABC " + data[2:] + b" 1157Z"):
        is_live_spot(line)
        is_past_spot(line)
        meaning = parse(line, received, COUNTRIES)
        assert meaning is None or isinstance(meaning, Spot | Solar | Unparsed)
        if isinstance(meaning, Spot):
            check(meaning)


def check(spot: Spot) -> None:
    assert 0 < spot.frequency_hz <= 300_000_000_000
    assert spot.dx
    assert spot.spotter
    assert spot.comment.isprintable() or not any(ord(character) < 32 for character in spot.comment)
    assert spot.snr_db is None or -99 <= spot.snr_db <= 99
    assert spot.wpm is None or 0 < spot.wpm <= 120
    assert spot.distance_km is None or 0 <= spot.distance_km <= 20_016
    assert spot.bearing is None or 0 <= spot.bearing < 360
    assert (spot.distance_km is None) == (spot.bearing is None) == (spot.place_source is None)
    assert (spot.mode is None) == (spot.mode_source is None)
    assert len(spot.references) == len(set(spot.references))


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_line)
    atheris.Fuzz()
