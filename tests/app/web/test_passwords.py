"""Passwords as hashes."""

import pytest
from spotkeeper import passwords


def test_a_hash_is_argon2id_of_19_mib_and_says_nothing() -> None:
    first, second = (passwords.hash_password("a long enough one") for _ in range(2))
    assert first.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert first != second
    assert passwords.verify(first, "a long enough one")
    assert not passwords.verify(first, "another long one")
    assert not passwords.verify(None, "a long enough one")


@pytest.mark.parametrize("password", ["", "too short", "x" * 201, "with\nline break", "with\0zero byte"])
def test_a_password_nobody_should_have(password: str) -> None:
    with pytest.raises(passwords.PasswordUnfit):
        passwords.check(password)
