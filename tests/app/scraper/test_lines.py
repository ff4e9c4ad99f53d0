"""Bytes of a socket to lines."""

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st
from spotkeeper.scraper.lines import LineBuffer, without_telnet
from spotkeeper.spots.parse import LINE_BYTES


def test_lines_and_the_tail() -> None:
    buffer = LineBuffer()
    assert buffer.feed(b"one\r\ntw") == [b"one"]
    assert buffer.tail == b"tw"
    assert buffer.feed(b"o\n\r\n\nlogin: ") == [b"two"]
    assert buffer.take_tail() == b"login: "
    assert buffer.feed(b"Hello\r\n") == [b"Hello"]


def test_telnet_negotiation_is_taken_out_and_a_lone_byte_255_stays() -> None:
    assert without_telnet(b"\xff\xfb\x01lo\xff\xfa\x18\x01\xff\xf0gin\xff\xf9: ") == b"login: "
    assert without_telnet(b"caf\xff\xff \xffa") == b"caf \xffa"


@given(
    st.lists(
        st.binary(max_size=2 * LINE_BYTES) | st.sampled_from([b"\n", b"\r\n", b"\xff", b"\xfa"]), max_size=9
    )
)
def test_the_lines_do_not_depend_on_how_the_bytes_arrive(chunks: list[bytes]) -> None:
    whole, pieces = LineBuffer(), LineBuffer()
    assert whole.feed(b"".join(chunks)) == [line for chunk in chunks for line in pieces.feed(chunk)]
    assert whole.tail == pieces.tail


def test_ten_megabytes_without_a_line_end_take_no_memory() -> None:
    buffer = LineBuffer()
    chunk = b"x" * 65_536
    tracemalloc.start()
    lines = [line for _ in range(160) for line in buffer.feed(chunk)]
    lines += buffer.feed(b"xx\nDX de F5AAA\n")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [len(line) for line in lines] == [LINE_BYTES + 1, 11]
    assert peak < 500_000
