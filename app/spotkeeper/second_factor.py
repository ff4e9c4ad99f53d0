"""The second step of a sign-in: codes of an authenticator app (TOTP, RFC 6238), and recovery codes.

What is stored of them is worth nothing without the dashboard's secret key, which is not in the database.
"""

import hashlib
import hmac
import os
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

DIGITS = 6
STEP_SECONDS = 30
SECRET_CHARACTERS = 32  # of base32: the 160 bits that RFC 4226 recommends
RECOVERY_CODES = 10
# Without those that look like others: 49 bits.
_RECOVERY_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
_RECOVERY_LENGTH = 10
_NONCE_BYTES = 12


class SecretUnreadable(Exception):
    """The secret was encrypted with another key than the dashboard's of now."""


def make_secret() -> str:
    """A new secret, in base32 as apps take it."""
    import pyotp

    return pyotp.random_base32(SECRET_CHARACTERS)


def address(secret: str, user_name: str, host: str) -> str:
    """The otpauth: address that apps read from a QR code."""
    import pyotp

    return pyotp.TOTP(secret).provisioning_uri(name=user_name, issuer_name=f"Spotkeeper {host}")


def encrypt(key: bytes, user_id: int, secret: str) -> bytes:
    """What is stored of a secret; good for this user alone."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + _cipher(key).encrypt(nonce, secret.encode(), _bound_to(user_id))


def decrypt(key: bytes, user_id: int, stored: bytes) -> str:
    """The secret. Raises SecretUnreadable."""
    from cryptography.exceptions import InvalidTag

    try:
        return _cipher(key).decrypt(stored[:_NONCE_BYTES], stored[_NONCE_BYTES:], _bound_to(user_id)).decode()
    except InvalidTag:
        raise SecretUnreadable from None


def matching_step(secret: str, code: str, now: float, after: int) -> int | None:
    """The number of the half minute whose code this is: the one of `now` (Unix seconds), before or behind it.

    None when it is none of the three, or not later than `after`, whose code was taken already.
    """
    import pyotp

    totp = pyotp.TOTP(secret, digits=DIGITS, interval=STEP_SECONDS)
    current = int(now) // STEP_SECONDS
    found = None
    for step in (current - 1, current, current + 1):
        if hmac.compare_digest(totp.at(step * STEP_SECONDS).encode(), code.encode()) and step > after:
            found = step
    return found


def is_totp_code(text: str) -> bool:
    """Whether it has the form of an app's code; all else is taken for a recovery code."""
    return len(text) == DIGITS and text.isascii() and text.isdigit()


def make_recovery_codes() -> list[str]:
    """New ones, as abcde-fghjk."""
    codes = []
    for _ in range(RECOVERY_CODES):
        letters = "".join(secrets.choice(_RECOVERY_ALPHABET) for _ in range(_RECOVERY_LENGTH))
        codes.append(f"{letters[:5]}-{letters[5:]}")
    return codes


def digest(key: bytes, user_id: int, recovery_code: str) -> bytes:
    """What is stored of a recovery code, however it is typed: with capitals, blanks, or without the hyphen.

    49 random bits under a key need no slow hash.
    """
    plain = "".join(letter for letter in recovery_code.lower() if letter.isalnum())
    return hmac.digest(_derive(key, b"recovery code"), _bound_to(user_id) + plain.encode(), hashlib.sha256)


def _cipher(key: bytes) -> "AESGCM":
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(_derive(key, b"totp secret"))


def _derive(key: bytes, purpose: bytes) -> bytes:
    # HKDF-Expand of RFC 5869 for one block: the key is random, so that there is nothing to extract.
    return hmac.digest(key, b"spotkeeper " + purpose + b"\x01", hashlib.sha256)


def _bound_to(user_id: int) -> bytes:
    return user_id.to_bytes(8)
