"""Spots and bulletins as DXSpider writes them. Columns count bytes; what is not ASCII is sent as UTF-8."""

from collections.abc import Iterable
from datetime import UTC, datetime

from spotkeeper.db.bulletins import Bulletin
from spotkeeper.db.live import LiveSpot

COMMENT = 30
END = b"\r\n"


def prompt(call: str, node: str, now: datetime) -> bytes:
    """With its end: "F5AAA de N0CALL-2 26-Nov-2026 1053Z dxspider >"."""
    return f"{call} de {node} {_date(now)} {_hour_minute(now)} dxspider >".encode() + END


def live(spot: LiveSpot) -> bytes:
    """As it is sent to who follows, with its end."""
    head = f"DX de {_spotter(spot)}:"
    khz = f"{spot.frequency_khz:.1f}".rjust(max(23 - len(head), 8))
    start = f"{head} {khz}  {spot.dx}".ljust(38)
    return start.encode() + b" " + _cut(spot.comment, COMMENT) + f" {_hour_minute(spot.time)}".encode() + END


def history(spot: LiveSpot) -> bytes:
    """A line of `sh/dx`, with its end; the spotter's right edge is at column 77."""
    moment = f"{_date(spot.time):>11} {_hour_minute(spot.time)}"
    head = f"{spot.frequency_khz:9.1f} {spot.dx:<11} {moment} ".encode()
    tail = f"<{_spotter(spot)}>".encode()
    return head + _cut(spot.comment, max(77 - len(head) - len(tail), 0)) + tail + END


def cc11(spot: LiveSpot, node: str) -> bytes:
    """After `set/ve7cc`, with its end. Countries are ADIF's numbers; states are not known."""
    fields = [
        "CC11",
        f"{spot.frequency_khz:.1f}",
        spot.dx,
        _date(spot.time).strip(),
        _hour_minute(spot.time),
        spot.comment.replace("^", " "),
        _spotter(spot),
        spot.dx_dxcc,
        spot.spotter_dxcc,
        node,
        spot.dx_itu_zone,
        spot.dx_cq_zone,
        spot.spotter_itu_zone,
        spot.spotter_cq_zone,
        *[None] * 4,
        (spot.dx_grid or "")[:4],
        (spot.spotter_grid or "")[:4],
    ]
    return "^".join("" if field is None else str(field) for field in fields).encode() + END


def wwv(bulletins: Iterable[Bulletin]) -> bytes:
    """What `sh/wwv` answers."""
    lines = ["Date        Hour   SFI   A   K Forecast                               Logger"]
    for bulletin in bulletins:
        figures = f"{_figure(bulletin.sfi, 5)} {_figure(bulletin.a_index, 3)} {_figure(bulletin.k_index, 3)}"
        lines.append(
            f"{_date(bulletin.time):>11}   {bulletin.time:%H} {figures} {bulletin.text[:37]:<37}"
            f"<{bulletin.station}>"
        )
    return b"".join(line.encode() + END for line in lines)


def _figure(value: int | None, width: int) -> str:
    return ("" if value is None else str(value)).rjust(width)


def _spotter(spot: LiveSpot) -> str:
    return f"{spot.spotter}-#" if spot.source == "machine" else spot.spotter


def _cut(text: str, room: int) -> bytes:
    """So many bytes, and no half character among them."""
    return text.encode()[:room].decode(errors="ignore").encode().ljust(room)


def _date(moment: datetime) -> str:
    moment = moment.astimezone(UTC)
    return f"{moment.day}-{moment:%b-%Y}"


def _hour_minute(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%H%M}Z"
