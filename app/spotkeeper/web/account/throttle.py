"""Slows down whoever guesses passwords, and nobody else.

Each failure beyond the free ones doubles the wait. A name is slowed down for the address that fails. Many
failures over several names or addresses slow down that address or name too, but not those who have signed in
from there before: they must not be shut out.
"""

import ipaddress
import math
from datetime import timedelta

from spotkeeper.db import accounts
from spotkeeper.db.accounts import Tally
from spotkeeper.db.connection import Connection

WINDOW = timedelta(minutes=15)
FREE_OF_PAIR = 5
FREE_OF_NAME_OR_ADDRESS = 30


def admit(connection: Connection, name: str, address: str | None) -> int:
    """0 and the attempt is counted as failed until `accounts.add_success`; else the seconds to wait."""
    failures = accounts.count_failures(connection, name, address, WINDOW)
    waits = [_wait(failures.pair, FREE_OF_PAIR)]
    if not failures.known:
        waits += [_wait(tally, FREE_OF_NAME_OR_ADDRESS) for tally in (failures.name, failures.address)]
    wait = math.ceil(max(waits))
    if wait == 0:
        accounts.add_failure(connection, name, address)
    return wait


def network(address: str | None) -> str | None:
    """The address to count by: an IPv6 user has a whole /64."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return None
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(parsed.ipv4_mapped or ipaddress.ip_network((parsed.packed, 64), strict=False))
    return str(parsed)


def _wait(tally: Tally, free: int) -> float:
    if tally.number < free:
        return 0.0
    seconds = min(2.0 ** min(tally.number - free, 10), WINDOW.total_seconds())
    return max(seconds - tally.age, 0.0)
