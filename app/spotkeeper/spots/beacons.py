"""Stations that only send so that others may hear how far they get."""

# The International Beacon Project of the NCDXF and the IARU: 18 stations that take turns on five frequencies.
_NCDXF_HZ = (14_100_000, 18_110_000, 21_150_000, 24_930_000, 28_200_000)
_NCDXF_ASIDE_HZ = 500
_NCDXF_CALLS = """
4U1UN VE8AT W6WX KH6RS ZL6B VK6RBP JA2IGY RR9O VR2B 4S7B ZS6DN 5Z4B 4X6TU OH2B CS3B LU4AA OA4B YV5B
"""
_NCDXF = frozenset(_NCDXF_CALLS.split())
_SUFFIXES = ("/B", "/BCN", "/BEACON")


def is_beacon(call: str, frequency_hz: int) -> bool:
    """By its call alone, or by a call and a frequency of the International Beacon Project."""
    if call in _NCDXF:
        return any(abs(frequency_hz - hz) <= _NCDXF_ASIDE_HZ for hz in _NCDXF_HZ)
    return call.endswith(_SUFFIXES)
