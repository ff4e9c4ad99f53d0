"""Passkeys (WebAuthn): what a browser is asked, and whether its answer is true.

The library comes with 14 MB of others, so it is loaded when the first answer is to be checked.
"""

import base64
import hmac
import ipaddress
import secrets
import time
from typing import Any
from urllib.parse import urlsplit

import msgspec
from flask import current_app, request, session

from spotkeeper.db import second_factor as table
from spotkeeper.db.connection import Connection
from spotkeeper.db.second_factor import Passkey

CHALLENGE_SECONDS = 3600
WAIT_MILLISECONDS = 120_000
# EdDSA, ECDSA and RSA, each with SHA-256.
ALGORITHMS = (-8, -7, -257)
LONGEST_ID = 1023
TRANSPORTS = {"usb", "nfc", "ble", "smart-card", "hybrid", "internal"}


class AnswerRefused(Exception):
    """The browser's answer is none to our question; the sentence says what to do."""


class PasskeyCopied(AnswerRefused):
    """Signed as it should be, yet the passkey was used more often than it says: there are two of it."""

    def __init__(self, user_name: str, passkey_name: str) -> None:
        super().__init__("That passkey was refused: it may be a copy. Sign in with your password.")
        self.user_name = user_name
        self.passkey_name = passkey_name


class New(msgspec.Struct, frozen=True):
    """A passkey that was just made."""

    id: bytes
    public_key: bytes
    sign_count: int
    transports: list[str]


class Shown(msgspec.Struct, frozen=True):
    """Whose passkey it is. `verified`: the authenticator knows who it was, by a finger, a face or a PIN."""

    user_id: int
    user_name: str
    passkey_name: str
    verified: bool


def are_possible() -> bool:
    """Browsers make passkeys for names, not for addresses."""
    try:
        ipaddress.ip_address(_host())
    except ValueError:
        return True
    return False


def creation_options(user_id: int, user_name: str, known: list[Passkey]) -> str:
    """What navigator.credentials.create() is to be called with, in JSON."""
    return _json(
        {
            "challenge": _base64(_challenge()),
            "rp": {"id": _host(), "name": "Spotkeeper"},
            "user": {"id": _base64(_handle(user_id)), "name": user_name, "displayName": user_name},
            "pubKeyCredParams": [{"type": "public-key", "alg": algorithm} for algorithm in ALGORITHMS],
            "timeout": WAIT_MILLISECONDS,
            "excludeCredentials": _described(known),
            "authenticatorSelection": {"residentKey": "preferred", "userVerification": "preferred"},
            "attestation": "none",
        }
    )


def request_options(known: list[Passkey] | None = None) -> str:
    """The same for navigator.credentials.get().

    Any passkey that tells whose it is, or one of those that are known.
    """
    return _json(
        {
            "challenge": _base64(_challenge()),
            "rpId": _host(),
            "timeout": WAIT_MILLISECONDS,
            "allowCredentials": _described(known or []),
            "userVerification": "preferred" if known else "required",
        }
    )


def check_new(connection: Connection, answer: str) -> New:
    """What create() answered. Raises AnswerRefused."""
    given = _decode(answer)
    challenge = _take_challenge(connection)
    from webauthn import verify_registration_response
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        made = verify_registration_response(
            credential=given,
            expected_challenge=challenge,
            expected_rp_id=_host(),
            expected_origin=_origin(),
        )
    except (WebAuthnException, ValueError, TypeError, KeyError) as error:
        raise AnswerRefused("That passkey could not be read. Try again.") from error
    if len(made.credential_id) > LONGEST_ID:
        raise AnswerRefused("That passkey has a name of its own that is too long.")
    said = given.get("response", {}).get("transports")
    transports = sorted({*said} & TRANSPORTS) if isinstance(said, list) and all(map(_is_text, said)) else []
    return New(made.credential_id, made.credential_public_key, made.sign_count, transports)


def check_shown(connection: Connection, answer: str) -> Shown:
    """What get() answered. Raises AnswerRefused, and of that PasskeyCopied."""
    given = _decode(answer)
    challenge = _take_challenge(connection)
    passkey_id = _id(given)
    found = table.find_passkey(connection, passkey_id)
    if found is None:
        raise AnswerRefused("This station does not know that passkey. Sign in with your password.")
    from webauthn import verify_authentication_response
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        shown = verify_authentication_response(
            credential=given,
            expected_challenge=challenge,
            expected_rp_id=_host(),
            expected_origin=_origin(),
            credential_public_key=found.public_key,
            credential_current_sign_count=0,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError) as error:
        raise AnswerRefused("That passkey does not fit. Try again.") from error
    # Not left to the library, which looks at the count before it looks at the signature. Many never count.
    if shown.new_sign_count <= found.sign_count and found.sign_count > 0:
        raise PasskeyCopied(found.user_name, found.name)
    table.used_passkey(connection, passkey_id, shown.new_sign_count)
    return Shown(found.user_id, found.user_name, found.name, shown.user_verified)


def _challenge() -> bytes:
    """The browser's, of the last half hour or a new one: pages that are open side by side have the same."""
    kept = session.get("challenge")
    if kept and time.time() - kept[1] < CHALLENGE_SECONDS / 2:
        return bytes.fromhex(kept[0])
    challenge = secrets.token_bytes(32)
    session["challenge"] = [challenge.hex(), int(time.time())]
    return challenge


def _take_challenge(connection: Connection) -> bytes:
    kept = session.pop("challenge", None)
    if not kept or time.time() - kept[1] > CHALLENGE_SECONDS:
        raise AnswerRefused("The page was open for too long. Try again.")
    challenge = bytes.fromhex(kept[0])
    # The cookie may be kept and sent again, what is in the table not.
    if not table.use_challenge(connection, challenge):
        raise AnswerRefused("That was answered before. Try again.")
    return challenge


def _decode(answer: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(answer, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError):
        raise AnswerRefused("The browser sent no passkey. Try again.") from None


def _id(given: dict[str, Any]) -> bytes:
    text = given.get("id")
    try:
        return base64.urlsafe_b64decode(f"{text}==") if isinstance(text, str) else b""
    except ValueError:
        return b""


def _handle(user_id: int) -> bytes:
    """By which authenticators know that two passkeys are of the same user; it says nothing else."""
    key: bytes = current_app.config["SECRET_KEY"]
    return hmac.digest(key, b"spotkeeper passkeys of %d" % user_id, "sha256")


def _described(known: list[Passkey]) -> list[dict[str, Any]]:
    return [
        {"type": "public-key", "id": _base64(passkey.id), "transports": passkey.transports}
        for passkey in known
    ]


def _host() -> str:
    return urlsplit(f"//{request.host}").hostname or ""


def _origin() -> str:
    return f"{request.scheme}://{request.host}"


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _json(options: dict[str, Any]) -> str:
    return msgspec.json.encode(options).decode()
