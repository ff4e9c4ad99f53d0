"""Passwords as argon2id hashes; those of imported users are bcrypt's until they sign in."""

import re
import threading

import bcrypt
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from spotkeeper.errors import OperatorError

SHORTEST, LONGEST = 10, 200

# With the logarithm of the rounds. More than 2^14 would keep the processor busy for seconds at each attempt.
_BCRYPT = re.compile(r"\$2[aby]\$(?:0[4-9]|1[0-4])\$[./A-Za-z0-9]{53}")
# bcrypt looks no further.
_BCRYPT_BYTES = 72

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
    """Whether the password is the one that was hashed; false without a hash, after the same work.

    A hash of bcrypt takes another time: whoever measures may tell the names of imported users that have not
    signed in yet.
    """
    with _turn:
        if password_hash is not None and is_bcrypt(password_hash):
            return _verify_bcrypt(password_hash, password)
        try:
            _hasher.verify(password_hash or _hash_of_nobody, password)
        except (VerificationError, InvalidHashError):
            return False
    return password_hash is not None


def needs_new_hash(password_hash: str) -> bool:
    """Whether it was hashed in another way, or with other costs, than today's."""
    return is_bcrypt(password_hash) or _hasher.check_needs_rehash(password_hash)


def is_bcrypt(password_hash: str) -> bool:
    """Whether it is a hash of bcrypt that can be used here."""
    return _BCRYPT.fullmatch(password_hash) is not None


def _verify_bcrypt(password_hash: str, password: str) -> bool:
    # As bcrypt itself did it before its version 5: what is beyond does not count.
    beginning = password.encode()[:_BCRYPT_BYTES]
    try:
        return bcrypt.checkpw(beginning, password_hash.encode())
    except ValueError:
        # A salt that bcrypt never made.
        return False
