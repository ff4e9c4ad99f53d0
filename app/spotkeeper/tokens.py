"""Tokens of the API: 256 random bits behind a prefix by which scanners for leaked secrets know them."""

import hashlib
import re
import secrets

PREFIX = "spk_"
TOKEN = re.compile(rf"{PREFIX}[A-Za-z0-9_-]{{43}}")

SCOPES = {
    "read": "read spots and sums",
    "stream": "follow spots live",
}
"""What a token may be good for. The station's own state is for owners who are signed in, not for tokens."""

LONGEST_NAME = 60
MOST = 20
"""So many tokens that are not revoked may a user have."""


def make() -> str:
    """A new token, which nobody has seen yet."""
    return PREFIX + secrets.token_urlsafe(32)


def digest(token: str) -> bytes:
    """What is stored of it: its SHA-256. That much randomness needs no slow hash and no salt."""
    return hashlib.sha256(token.encode()).digest()


def check_name(text: str) -> str:
    """The name without blanks around it. Raises ValueError for what is none."""
    name = text.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise ValueError(f"A token's name has 1 to {LONGEST_NAME} characters, all of them printable.")
    return name
