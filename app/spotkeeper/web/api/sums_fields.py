"""Fields of the queries and answers of the sums."""

from datetime import datetime
from typing import Any

from marshmallow import ValidationError, fields, validate

from spotkeeper.web.account.chosen import shorten, zones


class Time(fields.DateTime):
    """In UTC, of RFC 3339, to the second: 2026-11-26T10:53:00Z."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return utc(value) if value is not None else None


def utc(moment: datetime) -> str:
    """As the API writes times."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


class _OneOf(validate.OneOf):
    """Says what was given, shortened, and not all that might have been."""

    def _format_error(self, value: Any) -> str:
        return f"{shorten(str(value))} {self.error}"


def zone(**more: Any) -> fields.String:
    """The IANA name of a time zone."""
    known = _OneOf(sorted(zones()), error="is not a time zone, such as Europe/Paris.")
    return fields.String(validate=known, **more)


def grid(**more: Any) -> fields.String:
    """A Maidenhead locator, in capitals or not."""
    said = "Give a grid of 4, 6 or 8 characters, such as JN03 or JN03ab."
    return fields.String(
        validate=_Whole("^[A-Ra-r]{2}[0-9]{2}([A-Xa-x]{2}([0-9]{2})?)?$", error=said), **more
    )


class _Whole(validate.Regexp):
    """Of the whole text: `$` alone lets a line feed pass behind it."""

    def __call__(self, value: Any) -> Any:
        if not self.regex.fullmatch(value):
            raise ValidationError(str(self.error))
        return value
