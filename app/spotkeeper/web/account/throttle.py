"""Slows down whoever guesses passwords and codes, and nobody else.

Each failure beyond the free ones doubles the wait. A name is slowed down for the address that fails. Many
failures over several names or addresses slow down that address or name too, but not those who have signed in
from there before: they must not be shut out.

An app's code has six digits, and whoever guesses it knows the password already. So of a day only ten guesses
count, from all addresses together where the name has never signed in; where it has, ten from each.
"""

import ipaddress
import math
from datetime import timedelta

from spotkeeper.db import attempts
from spotkeeper.db.attempts import Tally
from spotkeeper.db.connection import Connection

WINDOW = timedelta(minutes=15)
FREE_OF_PAIR = 5
FREE_OF_NAME_OR_ADDRESS = 30
CODES_WINDOW = timedelta(days=1)
CODES_A_DAY = 10


def admit(connection: Connection, name: str, address: str | None) -> int:
    """0 and the attempt is counted as failed until `attempts.add_success`; else the seconds to wait."""
    wait, _ = _wait_of(connection, name, address)
    if wait == 0:
        attempts.add_failure(connection, name, address)
    return wait


def admit_second(connection: Connection, name: str, address: str | None, *, is_guessable: bool) -> int:
    """The same of the second step; what is not guessable is not limited to ten tries a day."""
    wait, known = _wait_of(connection, name, address)
    if is_guessable and wait == 0:
        here, elsewhere = attempts.count_second_failures(connection, name, address, CODES_WINDOW)
        if (here if known else elsewhere) >= CODES_A_DAY:
            return int(CODES_WINDOW.total_seconds())
    if wait == 0:
        attempts.add_second_failure(connection, name, address)
    return wait


def network(address: str | None) -> str | None:
    """The address to count by: an IPv6 user has a whole /64."""
    parsed = _parse(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed.packed, 64), strict=False))
    return str(parsed) if parsed else None


def neighbourhood(address: str | None) -> str:
    """The address as a user is shown it, good enough to know it again: 192.0.2.* or 2001:db8:1:*."""
    parsed = _parse(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        groups = parsed.exploded.split(":")[:3]
        return ":".join([*(f"{int(group, 16):x}" for group in groups), "*"])
    return f"{str(parsed).rpartition('.')[0]}.*" if parsed else ""


def _parse(address: str | None) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return None
    return (parsed.ipv4_mapped or parsed) if isinstance(parsed, ipaddress.IPv6Address) else parsed


def _wait_of(connection: Connection, name: str, address: str | None) -> tuple[int, bool]:
    """The seconds to wait, and whether the name has signed in from there before."""
    failures = attempts.count_failures(connection, name, address, WINDOW)
    waits = [_wait(failures.pair, FREE_OF_PAIR)]
    if not failures.known:
        waits += [_wait(tally, FREE_OF_NAME_OR_ADDRESS) for tally in (failures.name, failures.address)]
    return math.ceil(max(waits)), failures.known


def _wait(tally: Tally, free: int) -> float:
    if tally.number < free:
        return 0.0
    seconds = min(2.0 ** min(tally.number - free, 10), WINDOW.total_seconds())
    return max(seconds - tally.age, 0.0)
