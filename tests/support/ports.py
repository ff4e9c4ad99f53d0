"""Ports for servers that are started in a moment."""

import random
import socket

# Below those from which Linux takes the ports of outgoing connections: none of these comes in between.
_POSSIBLE = range(20_000, 32_000)
# Not the generator of the tests, which some of them give the same seed.
_dice = random.SystemRandom()


def free_ports(count: int) -> list[int]:
    """Different ones of loopback on which nobody listens."""
    found: list[int] = []
    for port in _dice.sample(_POSSIBLE, len(_POSSIBLE)):
        if len(found) == count:
            break
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
    return found
