"""What names a spot: its minute and its key, as one word for addresses."""

import re
from datetime import UTC, datetime
from functools import lru_cache

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
# Six digits reach to the year 6109.
_ID = re.compile(r"([0-9a-z]{1,6})-([0-9a-f]{16})")
_MASK = 2**64 - 1
_SIGN = 2**63


def spot_id(time: datetime, key: int) -> str:
    """As "hm2x1-00c0ffee00c0ffee": the minutes since 1970 to base 36, then the key's 64 bits."""
    return f"{_minute(time)}-{key & _MASK:016x}"


@lru_cache(1024)
def _minute(time: datetime) -> str:
    minutes, digits = int(time.timestamp()) // 60, ""
    while minutes:
        minutes, digit = divmod(minutes, 36)
        digits = _DIGITS[digit] + digits
    return digits or "0"


def read_spot_id(text: str) -> tuple[datetime, int]:
    """The time and the key of column `key`. Raises ValueError when the text is no spot's id."""
    found = _ID.fullmatch(text)
    if found is None:
        raise ValueError(f"{text[:40]!r} is not the id of a spot")
    key = int(found[2], 16)
    return datetime.fromtimestamp(int(found[1], 36) * 60, UTC), key - 2 * _SIGN if key >= _SIGN else key
