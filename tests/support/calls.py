"""Calls for tests that share a station."""

from itertools import count

_numbers = count(100)


def new_call() -> str:
    """A DX call that no spot had yet."""
    number = next(_numbers)
    return f"XX{number % 10}{''.join(chr(65 + int(digit)) for digit in str(number))}"
