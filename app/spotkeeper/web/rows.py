"""Rows of long tables: the template of a row is rendered once, and each row fills in what it says.

Jinja itself looks up, escapes and joins cell by cell, which takes ten times as long.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from string import Formatter
from typing import NamedTuple

from flask import current_app
from markupsafe import Markup, escape

_PATTERNS_KEPT = 64
_TEXTS_KEPT = 4096


class Pattern(NamedTuple):
    """The HTML of a row, with %s where it says something of its own; and what that is, by name."""

    html: str
    names: tuple[str, ...]


@lru_cache(_PATTERNS_KEPT)
def pattern(template: str, **arguments: object) -> Pattern:
    """The template, which has {names} where rows differ."""
    html, names = "", []
    rendered = current_app.jinja_env.get_template(template).render(arguments)
    for text, name, _, _ in Formatter().parse(rendered):
        html += text.replace("%", "%%")
        if name is not None:
            html += "%s"
            names.append(name)
    return Pattern(html, tuple(names))


def filled(pattern: Pattern, rows: Iterable[Mapping[str, str]]) -> Markup:
    """The pattern once for each row, with its texts by their names: all but Markup is escaped."""
    html, names = pattern
    written = []
    for row in rows:
        texts = [row[name] for name in names]
        written.append(html % tuple([text if type(text) is Markup else _escaped(text) for text in texts]))
    return Markup("\n".join(written))  # noqa: S704


def blank(pattern: Pattern, **texts: str) -> Markup:
    """A row for scripts to fill in, empty but for these texts."""
    return filled(pattern, [dict.fromkeys(pattern.names, "") | texts])


@lru_cache(_TEXTS_KEPT)
def _escaped(text: str) -> Markup:
    return escape(text)
