"""Who comes to the owners' pages."""

from collections.abc import Callable
from functools import wraps

from flask_login import current_user
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response

from spotkeeper.web.account import confirm


def for_owners(view: Callable[[], Response]) -> Callable[[], Response]:
    """Refuses all others."""

    @wraps(view)
    def guarded() -> Response:
        if not current_user.may("owner"):
            raise Forbidden("Only the owner of the station sees this page.")
        return view()

    return guarded


def for_confirmed_owners(view: Callable[[], Response]) -> Callable[[], Response]:
    """Refuses all others, and asks owners for their password before they change something or are about to."""

    @for_owners
    @wraps(view)
    def guarded() -> Response:
        return confirm.ask("users") or view()

    return guarded
