"""Invitations: links with 256 random bits, good once."""

import hashlib
import secrets

LIFETIMES = {1: "a day", 7: "7 days", 30: "30 days"}
"""Days, and the words for them."""


def make() -> str:
    """The token of a new link, which nobody has seen yet."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> bytes:
    """What is stored of it."""
    return hashlib.sha256(token.encode()).digest()
