"""Who may see what: signed-in people everything, all others what is marked public.

Below /api others than these may be let in too: web/api/access.py.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import current_app, request

View = TypeVar("View", bound=Callable[..., Any])


def public(view: View) -> View:
    """Marks a view that answers without a sign-in."""
    view.is_public = True  # type: ignore[attr-defined]
    return view


def is_public() -> bool:
    """Whether the request's view is marked public, or there is no such page."""
    view = current_app.view_functions.get(request.endpoint) if request.endpoint else None
    return view is None or getattr(view, "is_public", False)


def is_api() -> bool:
    """Whether the request is for the API, old or new."""
    return request.path.startswith("/api/")
