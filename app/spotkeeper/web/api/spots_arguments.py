"""Fields of a search's query, which say what is wrong with a value in words that help."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from marshmallow import ValidationError, fields, validate

from spotkeeper.spots.model import LONGEST_CALL
from spotkeeper.web.account.chosen import shorten

MOST_VALUES = 50
LONGEST_TEXT = 100

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
# Not so long that it leads to before the first time.
_AGE = "[0-9]{1,5}[smh]|[0-9]{1,4}d|[0-9]{1,3}w"
YEARS = range(1980, 2100)
"""Of which there may be spots."""
_MONTH_AND_DAY = (
    "((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|[12][0-9]))"
)
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?"
_TIME = f"(19[89][0-9]|20[0-9]{{2}})-{_MONTH_AND_DAY}T{_CLOCK}(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])"
_DIGITS = re.compile("[0-9]{1,9}")
_NUMBER = re.compile(r"[0-9]{1,12}(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?")
_UNSTORABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_CALL = "[A-Za-z0-9]+([/-][A-Za-z0-9]+)*"
_PREFIX = "[A-Za-z0-9][A-Za-z0-9/-]*"
_FIELD, _SQUARE, _SUBSQUARE = "[A-Ra-r]{2}", "[0-9]{2}", "[A-Xa-x]{2}"
_GRID = (
    f"[A-Ra-r]|{_FIELD}[0-9]?|{_FIELD}{_SQUARE}[A-Xa-x]?|{_FIELD}{_SQUARE}{_SUBSQUARE}[0-9]?"
    f"|{_FIELD}{_SQUARE}{_SUBSQUARE}{_SQUARE}"
)


class Moment(fields.Field[datetime]):
    """A time in UTC from 1980 to 2099; ages are counted back from the minute that is now, so that the same
    query means the same for a minute.
    """

    def __init__(self, description: str) -> None:
        super().__init__(
            metadata={
                "type": "string",
                "description": f"{description}: a time of RFC 3339, or an age such as 15m, 2h, 7d or 4w",
                "pattern": f"^({_AGE}|{_TIME})$",
                "examples": ["2h", "2026-11-26T10:53:00Z"],
            }
        )

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> datetime:
        text = str(value)
        if re.fullmatch(_AGE, text):
            now = datetime.now(UTC).replace(second=0, microsecond=0)
            return now - timedelta(**{_UNITS[text[-1]]: int(text[:-1])})
        if not re.fullmatch(_TIME, text):
            raise ValidationError(
                f"{shorten(text)} is not a time from 1980 to 2099. Give one of RFC 3339, such as"
                " 2026-11-26T10:53:00Z, or an age, such as 15m, 2h or 7d."
            )
        try:
            return datetime.fromisoformat(text).astimezone(UTC)
        except ValueError:
            raise ValidationError(f"{shorten(text)} is a day that does not exist.") from None


class Several(fields.List[Any]):
    """Values of one kind, of which one has to hold: the name again for each, or with commas between them."""

    def __init__(self, inner: fields.Field[Any], description: str, **more: Any) -> None:
        super().__init__(
            inner,
            **more,
            validate=validate.Length(1, MOST_VALUES, error=f"Give at most {MOST_VALUES} values."),
            metadata={"description": f"{description}; several by commas or repeated"},
        )

    def _deserialize(
        self, value: Sequence[str], attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> list[Any]:
        # One more than may be is enough to be told so.
        parts = [part for text in value for part in text.split(",", MOST_VALUES)]
        return super()._deserialize(parts[: MOST_VALUES + 1], attr, data, **kwargs)


class Word(fields.String):
    """One of some words, in capitals or not."""

    def __init__(self, words: Sequence[str], description: str | None = None) -> None:
        super().__init__(
            metadata={"enum": list(words)} | ({"description": description} if description else {})
        )
        self._words = {word.casefold(): word for word in words}

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs))
        word = self._words.get(text.casefold())
        if word is None:
            raise ValidationError(
                f"{shorten(text)} is not known. There are {', '.join(self._words.values())}."
            )
        return word


class Capitals(fields.String):
    """A text of that pattern, read as capitals."""

    def __init__(self, pattern: str, what: str, longest: int) -> None:
        super().__init__(metadata={"pattern": f"^({pattern})$", "maxLength": longest})
        self._pattern = re.compile(pattern)
        self._what = what
        self._longest = longest

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs))
        if len(text) > self._longest or not self._pattern.fullmatch(text):
            raise ValidationError(f"{shorten(text)} is not {self._what}.")
        return text.upper()


def call() -> Capitals:
    """As it is stored: with what stands behind the slash, without the sign of a skimmer."""
    return Capitals(_CALL, "a callsign: letters and digits, perhaps with / or - between them", LONGEST_CALL)


def prefix() -> Capitals:
    """With which a call begins."""
    return Capitals(_PREFIX, "what a callsign begins with: letters and digits", LONGEST_CALL)


def grid() -> Capitals:
    """With which a Maidenhead locator begins."""
    return Capitals(_GRID, "what a grid begins with, such as JN or JN03", 8)


class Whole(fields.Integer):
    """A whole number from `low` to `high`, in digits."""

    def __init__(self, low: int, high: int, description: str | None = None, **more: Any) -> None:
        self._said = f"Give a whole number from {low} to {high}."
        said = {"description": description} if description else {}
        super().__init__(validate=validate.Range(low, high, error=self._said), metadata=said, **more)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> int:
        if not isinstance(value, str) or not _DIGITS.fullmatch(value):
            raise ValidationError(self._said)
        return int(value)


class Number(fields.Float):
    """Not negative, and up to `high`."""

    def __init__(self, high: int, description: str) -> None:
        self._said = f"Give a number from 0 to {high}."
        super().__init__(
            validate=validate.Range(0, high, error=self._said), metadata={"description": description}
        )

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> float:
        if not isinstance(value, str) or not _NUMBER.fullmatch(value):
            raise ValidationError(self._said)
        return float(value)


class Text(fields.String):
    """Without characters that no comment has, and not endless."""

    def __init__(self, description: str) -> None:
        super().__init__(
            metadata={
                "description": description,
                "pattern": r"^[^\x00-\x1f\x7f-\x9f]+$",
                "maxLength": LONGEST_TEXT,
            }
        )

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs))
        if not 0 < len(text) <= LONGEST_TEXT or _UNSTORABLE.search(text):
            raise ValidationError(f"Give 1 to {LONGEST_TEXT} characters, none of them for control.")
        return text
