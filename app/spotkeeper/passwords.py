"""Passwords as argon2id hashes."""

import threading

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from spotkeeper.errors import OperatorError

SHORTEST, LONGEST = 10, 200

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# 19 MiB each on a host of 1 GB: two at a time are enough, the others wait some milliseconds.
_turn = threading.BoundedSemaphore(2)
_hash_of_nobody = _hasher.hash("nobody has this password")


class PasswordUnfit(OperatorError):
    """The password cannot be taken."""


def check(password: str) -> None:
    """Raises PasswordUnfit, which says what is allowed, for a new password nobody should have."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise PasswordUnfit(
            f"a password has {SHORTEST} to {LONGEST} characters, this one has {len(password)}"
        )
    if not password.isprintable():
        raise PasswordUnfit("a password is made of printable characters, without line breaks or tabs")


def hash_password(password: str) -> str:
    """The PHC string to store."""
    with _turn:
        return _hasher.hash(password)


def verify(password_hash: str | None, password: str) -> bool:
    """Whether the password is the one that was hashed; false without a hash, after the same work."""
    with _turn:
        try:
            _hasher.verify(password_hash or _hash_of_nobody, password)
        except VerificationError:
            return False
    return password_hash is not None


def needs_new_hash(password_hash: str) -> bool:
    """Whether it was hashed with other costs than today's."""
    return _hasher.check_needs_rehash(password_hash)
