"""What `sh/dx` is asked for."""

import pytest
from spotkeeper.db.search_wanted import End, Wanted
from spotkeeper.node.question import Refused, read


@pytest.mark.parametrize(
    ("text", "limit", "wanted"),
    [
        ("", 10, Wanted()),
        ("25", 25, Wanted()),
        ("5000", 100, Wanted()),
        ("0", 10, Wanted()),
        ("on 20m", 10, Wanted(bands=("20m",))),
        ("on 20", 10, Wanted(bands=("20m",))),
        ("on 10m,6m", 10, Wanted(bands=("10m", "6m"))),
        ("on WARC", 10, Wanted(bands=("30m", "17m", "12m"))),
        ("30 on 14000-14100.5", 30, Wanted(min_hz=14_000_000, max_hz=14_100_500)),
        ("on 14000/14030", 10, Wanted(min_hz=14_000_000, max_hz=14_030_000)),
        ("k1abc", 10, Wanted(dx=End(prefixes=("K1ABC",)))),
        ("9m*", 10, Wanted(dx=End(prefixes=("9M",)))),
        ("exact ea8/dl1abc", 10, Wanted(dx=End(calls=("EA8/DL1ABC",)))),
        ("by f5 20 on 6m", 20, Wanted(bands=("6m",), spotter=End(prefixes=("F5",)))),
        ("info iota", 10, Wanted(text="iota")),
        ("call_zone 14", 10, Wanted(dx=End(cq_zones=(14,)))),
        ("by_itu 27 by_dxcc 227", 10, Wanted(spotter=End(itu_zones=(27,), dxcc=(227,)))),
    ],
)
def test_question_is_understood(text: str, limit: int, wanted: Wanted) -> None:
    assert read(text) == (limit, wanted)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("on", "on what?"),
        ("on 21m", "on 21m: neither a band nor a range in kHz"),
        ("on 20m,14000-14100", "on 20m,14000-14100: neither"),
        ("on 99999999999", "on 99999999999: neither"),
        ("by", "by what?"),
        ("by <script>", "<script>: not a callsign"),
        ("call_zone x", "call_zone x: not a number"),
        ("call_moon 4", "call_moon: not known"),
        ("\0", "\0: not a callsign"),
    ],
)
def test_what_is_not_understood_is_named(text: str, words: str) -> None:
    with pytest.raises(Refused, match=f"^{words.replace('?', '[?]')}"):
        read(text)
