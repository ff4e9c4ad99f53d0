"""How the sums are answered: each answer is written once for all who ask the same of the same sums."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from functools import wraps
from threading import Lock
from typing import Any, NamedTuple, Protocol, TypeVar, cast

import msgspec
from flask import Response, current_app, request
from flask.blueprints import BlueprintSetupState
from marshmallow import Schema

from spotkeeper.web.api.sums_read import LONG_SECONDS, SHORT_SECONDS

MOST = 64
STEP = timedelta(seconds=SHORT_SECONDS + LONG_SECONDS)

Value = TypeVar("Value")


class Sums(Protocol):
    """What an answer is made of; what was made at another moment is other sums."""

    @property
    def until(self) -> datetime:
        """The moment of which they are."""


class Moment(NamedTuple):
    """Of what is no sum of the API, and is kept for some seconds all the same."""

    until: datetime

    @classmethod
    def of(cls, now: datetime, seconds: int) -> "Moment":
        """The same for so many seconds, which are a part of a minute."""
        return cls(now.replace(second=now.second // seconds * seconds, microsecond=0))


Found = TypeVar("Found", bound=Sums)


class _Entry:
    """A value and of which moment it is; who makes it holds the lock."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.until: datetime | None = None
        self.value: Any = None

    def is_of(self, until: datetime, older: timedelta = timedelta()) -> bool:
        return self.until is not None and self.until >= until - older


class Made:
    """What was made of sums, by key: up to MOST, the ones that were not asked for longest go first."""

    def __init__(self) -> None:
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, sums: Sums, make: Callable[[], Value]) -> Value:
        """The value of `make`, which is called anew for newer sums, by one thread at a time.

        Others get the value before meanwhile, if it is but one step older.
        """
        with self._lock:
            entry = self._entries.setdefault(key, _Entry())
            self._entries.move_to_end(key)
            if len(self._entries) > MOST:
                self._entries.popitem(last=False)
        if not entry.is_of(sums.until) and entry.lock.acquire(blocking=not entry.is_of(sums.until, STEP)):
            try:
                if not entry.is_of(sums.until):
                    entry.value, entry.until = make(), sums.until
            finally:
                entry.lock.release()
        return cast(Value, entry.value)


def add_to(state: BlueprintSetupState) -> None:
    """Give the app what it keeps of answers."""
    state.app.extensions["sums-answers"] = Made()


def made() -> Made:
    """What the app keeps."""
    return cast(Made, current_app.extensions["sums-answers"])


def told(
    schema: type[Schema], of: Callable[[dict[str, Any]], Found]
) -> Callable[[Callable[[dict[str, Any], Found], dict[str, Any]]], Callable[[dict[str, Any]], Response]]:
    """Makes a view of a function that is given the query and what `of` finds for it, and tells the content
    of `schema`.
    """
    written_by = schema()

    def decorate(
        tell: Callable[[dict[str, Any], Found], dict[str, Any]],
    ) -> Callable[[dict[str, Any]], Response]:
        @wraps(tell)
        def view(query: dict[str, Any]) -> Response:
            found = of(query)
            key = (request.endpoint, *sorted(query.items()))
            body = made().get(key, found, lambda: msgspec.json.encode(written_by.dump(tell(query, found))))
            return Response(body, content_type="application/json")

        return view

    return decorate


def tell_how_long(response: Response) -> Response:
    """Says so in Cache-Control, unless the view did, and answers 304 to a program that has the same."""
    if response.status_code == 200 and "Cache-Control" not in response.headers:
        response.cache_control.max_age = SHORT_SECONDS
        response.cache_control.stale_while_revalidate = LONG_SECONDS
        response.add_etag()
        response.make_conditional(request)
    return response
