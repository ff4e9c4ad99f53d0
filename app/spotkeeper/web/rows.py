"""Rows of long tables: the template of a row is rendered once, and each row fills in what it says.

Jinja itself looks up, escapes and joins cell by cell, which takes ten times as long.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache

from flask import current_app
from markupsafe import Markup, escape

_PATTERNS_KEPT = 64
_TEXTS_KEPT = 4096


@lru_cache(_PATTERNS_KEPT)
def pattern(template: str, **arguments: object) -> str:
    """The template, which has {names} where rows differ."""
    return current_app.jinja_env.get_template(template).render(arguments)


def filled(pattern: str, rows: Iterable[Mapping[str, str]]) -> Markup:
    """The pattern once for each row, with its texts by their names; all but Markup is escaped."""
    return Markup(  # noqa: S704
        "\n".join(
            [
                pattern.format_map(
                    {name: text if type(text) is Markup else _escaped(text) for name, text in row.items()}
                )
                for row in rows
            ]
        )
    )


def blank(pattern: str, **texts: str) -> Markup:
    """A row for scripts to fill in: empty but for these texts, which are HTML."""
    return Markup(pattern.format_map(defaultdict(str, texts)))  # noqa: S704


@lru_cache(_TEXTS_KEPT)
def _escaped(text: str) -> Markup:
    return escape(text)
