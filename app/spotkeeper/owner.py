"""The database as the owner's commands use it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from spotkeeper.errors import OperatorError

if TYPE_CHECKING:
    from spotkeeper.db.connection import Connection


@contextmanager
def database(path: Path, *, autocommit: bool = False) -> Iterator["Connection"]:
    """A connection as the owner of the schema, by the settings file at `path`; committed at the end.

    Raises OperatorError for what the database refuses.
    """
    import psycopg

    from spotkeeper import settings
    from spotkeeper.db.connection import connect_once

    conninfo = settings.load(path).database.conninfo
    try:
        with connect_once(conninfo, "owner", autocommit=autocommit) as connection:
            yield connection
    except psycopg.errors.UndefinedTable:
        raise OperatorError("the database has no schema yet: run spotkeeper migrate first") from None
    except psycopg.Error as error:
        raise OperatorError(f"the database refused: {' '.join(str(error).split())}") from error
