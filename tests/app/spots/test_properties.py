"""What holds for every line: it never raises, takes linear time, and what is printed parses back."""

# ruff: noqa: E501  -- tables of pieces

import dataclasses
import importlib
import inspect
import itertools
import pkgutil
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import thread_time

import msgspec
import pytest
import spotkeeper.spots
from hypothesis import given, settings
from hypothesis import strategies as st
from spotkeeper.spots.countries import Countries
from spotkeeper.spots.model import Solar, Spot, Unparsed
from spotkeeper.spots.parse import LINE_BYTES, is_live_spot, is_past_spot, parse

from simulator import lines

COUNTRIES = Countries(Path("/usr/share/hamradio-files/cty.csv").read_text())
NOON = datetime(2026, 11, 24, 12, 0, 30, tzinfo=UTC).timestamp()

# However busy the machine.
UNHURRIED = settings(deadline=None)

CALLS = st.from_regex(r"([A-Z0-9]{1,3}/)?[A-Z]{1,2}[0-9][A-Z]{1,4}(/[A-Z0-9]{1,3})?", fullmatch=True)
GRIDS = st.from_regex(r"([A-R]{2}[0-9]{2})?", fullmatch=True)
PHRASES = """CW SSB FM AM FT8 59 599 5-9 -14 dB +04 18 WPM up 5 QSX 14205 POTA US-0001 SOTA W6/CT-001 EU-005 DLFF-0001
JN03<ES>FN42 JN03 <TR> tropo EME RS-44 beacon tnx 73 Köln é 13 dB"""
COMMENTS = st.lists(
    st.sampled_from(PHRASES.split())
    | st.text(st.characters(codec="latin-1", exclude_categories=("Cc",), exclude_characters="^"), max_size=8)
).map(" ".join)


def bytes_of(comment: str, most: int) -> str:
    """On the wire, and not cut within a character."""
    return lines.to_wire(comment.encode()[:most].decode(errors="ignore").strip())


SPOTS = st.builds(
    lines.Spot,
    time=st.integers(-5, 1434).map(lambda minutes: int(NOON) // 60 * 60 - 60 * minutes),
    spotter=st.builds(str.__add__, CALLS, st.sampled_from(("", "-#"))),
    frequency_hz=st.integers(1, 100_000_000).map(lambda tenths: tenths * 100),
    dx=CALLS,
    # Short enough that no node cuts it, and nothing of it is taken for the column beside the time.
    comment=COMMENTS.map(lambda comment: bytes_of(comment, 24)),
    spotter_grid=GRIDS,
    dx_grid=GRIDS,
)


def understood(line: str) -> Spot:
    meaning = parse(line.encode("latin-1"), NOON, COUNTRIES)
    assert isinstance(meaning, Spot), (line, meaning)
    return meaning


def printable(spot: Spot) -> lines.Spot:
    return lines.Spot(
        time=spot.time,
        spotter=spot.spotter + ("-#" if spot.source == "machine" else ""),
        frequency_hz=spot.frequency_hz,
        dx=spot.dx,
        comment=lines.to_wire(spot.comment),
        spotter_grid=spot.spotter_grid or "",
        dx_grid=spot.dx_grid or "",
    )


@UNHURRIED
@given(SPOTS)
def test_what_was_meant_is_understood(meant: lines.Spot) -> None:
    spot = understood(lines.spot_line_with_grids(meant))
    assert (spot.time, spot.dx, spot.frequency_hz) == (meant.time, meant.dx, meant.frequency_hz)
    assert spot.spotter == meant.spotter.removesuffix("-#")
    assert lines.to_wire(spot.comment) == meant.comment
    if ">" not in meant.comment:
        assert (spot.dx_grid or "", spot.spotter_grid or "") == (meant.dx_grid, meant.spotter_grid)


@pytest.mark.parametrize(
    "printed",
    [
        lines.spot_line_with_grids,
        lambda spot: lines.cc11_line(spot, "GB7TST-2"),
        lambda spot: lines.cc11_line_of_cc_cluster(spot, "GB7TST-2"),
    ],
)
@UNHURRIED
@given(meant=SPOTS)
def test_what_is_printed_from_a_spot_parses_back(
    printed: Callable[[lines.Spot], str], meant: lines.Spot
) -> None:
    spot = understood(lines.spot_line_with_grids(meant))
    assert understood(printed(printable(spot))) == spot


@UNHURRIED
@given(SPOTS, COMMENTS)
def test_what_is_printed_as_history_parses_back(meant: lines.Spot, comment: str) -> None:
    # Beside two long calls there is room for no more.
    meant = dataclasses.replace(meant, comment=bytes_of(comment, 12))
    spot = understood(lines.history_line(meant))
    assert spot.recovered
    again = understood(lines.history_line(printable(spot)))
    assert again == spot
    live = understood(lines.spot_line(printable(spot)))
    assert msgspec.structs.replace(live, recovered=True) == spot


PIECES = st.sampled_from(
    (b"DX de ", b"CC11^", b"WWV de ", b"WCY de ", b"F5AAA", b"-#", b"-@", b":", b" ", b"   ", b"14025.0", b"K1ABC", b"1157Z",
     b"FN42", b"<", b">", b"^", b"24-Nov-2026", b"<04>", b"SFI=1", b"A=", b"\0", b"\a", b"\xff", b"dB", b"WPM", b"UP 5", b"QSX",
     b"/MM", b"/4", b"US-0001", b"W6/CT-001", b"599", b"RS-44", b"<ES>", b"/", b"29600.0")
)  # fmt: skip


@UNHURRIED
@given(
    st.binary(max_size=200)
    | st.lists(PIECES | st.binary(max_size=5), max_size=30).map(b"".join)
    | st.lists(PIECES, max_size=12).map(lambda pieces: b"DX de F5AAA: 14025.0 K1ABC " + b"".join(pieces) + b" 1157Z"),
    st.floats(0, 1e11),
    st.sampled_from((None, COUNTRIES)),
)  # fmt: skip
def test_no_line_raises(line: bytes, received: float, countries: Countries | None) -> None:
    meaning = parse(line, received, countries)
    assert meaning is None or isinstance(meaning, Spot | Solar | Unparsed)
    is_live_spot(line)
    is_past_spot(line)


@UNHURRIED
@given(st.text(max_size=30) | st.lists(CALLS, max_size=4).map("/".join))
def test_no_call_raises(call: str) -> None:
    COUNTRIES.find(call)


# Linear time. Every pattern of the package is tried as its module uses it on texts far longer than LINE_BYTES lets
# in, made to go wrong late: a text 16 times as long may take 64 times as long. That leaves room for a busy machine, and
# none for a square (256). It is the time of the processor that counts, the best of several runs, and of what takes
# less than FLOOR the clock tells nothing.

SHORT, LONG = 2_000, 32_000
SLOWER = 64
FLOOR = 5e-4
PADS = ("A", "1", " ", "-", ".", "/", "=", "<", "A1", "A-", "A/", " A", "1 ", " 1157Z", "FN42<", "59", "UP 5 ", "5-9",
        "US-0001 ", "1DB ", "A=1 ", "14.0 K1A ", "QSX 1", "^A", "(1)", "W6/CT-001")  # fmt: skip
HEADS = ("", "DX de ", "DX de F5AAA: 14025.0 K1ABC ", "WWV de A1A <04>: ", "14025.0 K1A 24-Nov-2026 1157Z ", "CW 1", "SFI=", "SA=",
         "QSX ", "UP ", "POTA ", "JN03", "5", "59", "FT8 1DB Z:")  # fmt: skip


def uses() -> Iterator[tuple[str, Callable[[str], object]]]:
    for found in pkgutil.iter_modules(spotkeeper.spots.__path__, "spotkeeper.spots."):
        module = importlib.import_module(found.name)
        for name, pattern in vars(module).items():
            if isinstance(pattern, re.Pattern):
                for method in sorted(set(re.findall(rf"\b{name}\.(\w+)\(", inspect.getsource(module)))):
                    yield f"{found.name.rpartition('.')[2]}.{name}.{method}", use(pattern, method)


def use(pattern: re.Pattern[str] | re.Pattern[bytes], method: str) -> Callable[[str], object]:
    text = isinstance(pattern.pattern, str)

    def task(subject: str) -> None:
        arguments = [subject if text else subject.encode()]
        if method == "sub":
            arguments.insert(0, "")
        found = getattr(pattern, method)(*arguments)
        if method == "finditer":
            list(found)

    return task


USES = dict(uses())


def seconds(task: Callable[[], object], runs: int) -> float:
    """Of the processor."""
    best = float("inf")
    for _ in range(runs):
        start = thread_time()
        task()
        best = min(best, thread_time() - start)
    return best


def test_the_patterns_are_found() -> None:
    assert {"parse._LIVE.match", "comment._RST.search", "references._REFERENCE.finditer"} < set(USES)


@pytest.mark.slow
@pytest.mark.parametrize("name", USES)
def test_no_pattern_takes_more_than_linear_time(name: str) -> None:
    def tried(text: str, runs: int) -> float:
        return seconds(lambda: USES[name](text), runs)

    for head, pad in itertools.product(HEADS, PADS):
        short, long = (head + pad * (length // len(pad)) + "!" for length in (SHORT, LONG))
        if tried(long, 1) > SLOWER * FLOOR:
            assert tried(long, 5) < SLOWER * max(tried(short, 5), FLOOR), (head, pad)


@pytest.mark.parametrize("pad", PADS)
def test_the_longest_lines_take_no_longer_than_they_must(pad: str) -> None:
    """The whole way, which has loops of its own: of a line, and of one with an eighth of its length."""

    def tried(line: bytes, runs: int) -> float:
        return seconds(lambda: parse(line, NOON, COUNTRIES), runs)

    for head, end in itertools.product(
        ("", "DX de ", "DX de F5AAA: 14025.0 K1ABC ", "CC11^"), ("!", " 1157Z", ">")
    ):
        short, long = (
            (head + pad * LINE_BYTES)[: length - len(end)].encode() + end.encode()
            for length in (LINE_BYTES // 8, LINE_BYTES)
        )
        if tried(long, 1) > 32 * FLOOR:
            assert tried(long, 5) < 32 * max(tried(short, 5), FLOOR), (head, end)
