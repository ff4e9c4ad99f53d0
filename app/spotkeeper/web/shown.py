"""How figures and times are written, the same in every template."""

from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from urllib.parse import quote
from zoneinfo import ZoneInfo

from flask import Flask, g, url_for

CONTINENTS = {
    "EU": "Europe",
    "NA": "North America",
    "SA": "South America",
    "AS": "Asia",
    "AF": "Africa",
    "OC": "Oceania",
    "AN": "Antarctica",
}
KILOMETRES_A_MILE = 1.609344
_KEPT = 4096


def add_to(app: Flask) -> None:
    """Add the template filters, `now`, which is when the request came, and `page_address` of what has one
    address only.
    """
    for function in (khz, age, hour_there, signal, metres, distance, in_path):
        app.add_template_filter(function)
    app.add_template_global(cache(url_for), "page_address")
    app.before_request(_note_time)
    app.context_processor(lambda: {"now": g.now})


def _note_time() -> None:
    g.now = datetime.now(UTC)


@lru_cache(_KEPT)
def khz(frequency_hz: int) -> str:
    """In kHz with one decimal, and more only when it has more: 14025.0, 7018.35."""
    text = f"{frequency_hz / 1000:.3f}"
    return text.rstrip("0") if not text.endswith("00") else text[:-2]


@lru_cache(_KEPT)
def in_path(call: str) -> str:
    """The call as an address has it."""
    return quote(call)


def clock(time: datetime) -> str:
    """Hours and minutes. strftime takes four times as long."""
    return f"{time.hour:02}:{time.minute:02}"


def hour_there(time: datetime, zone: ZoneInfo) -> str:
    """When the hour of UTC begins there: 06, with minutes where it is no full hour: 05:45."""
    local = time.replace(minute=0).astimezone(zone)
    return local.strftime("%H:%M" if local.minute else "%H")


@lru_cache(_KEPT)
def metres(band: str) -> str:
    """20m as 20 m."""
    number = band.rstrip("cm")
    return f"{number}\N{NO-BREAK SPACE}{band[len(number) :]}"


@lru_cache(_KEPT)
def signal(snr_db: int | None, wpm: int | None) -> str:
    """What a skimmer measured, in dB and words per minute."""
    parts = [f"{snr_db}\N{NO-BREAK SPACE}dB"] if snr_db is not None else []
    if wpm is not None:
        parts.append(f"{wpm}\N{NO-BREAK SPACE}wpm")
    return ", ".join(parts)


@lru_cache(_KEPT)
def distance(kilometres: int, units: str) -> str:
    """In kilometres, or in miles for `imperial`."""
    if units == "imperial":
        return f"{round(kilometres / KILOMETRES_A_MILE):,}\N{NO-BREAK SPACE}mi"
    return f"{kilometres:,}\N{NO-BREAK SPACE}km"


def age(then: datetime, now: datetime) -> str:
    """How long ago, in the largest unit that fits."""
    passed = now - then
    if passed < timedelta(minutes=1):
        return "just now"
    if passed < timedelta(hours=2):
        return f"{passed // timedelta(minutes=1)} min ago"
    if passed < timedelta(days=2):
        return f"{passed // timedelta(hours=1)} h ago"
    return f"{passed.days} days ago"
