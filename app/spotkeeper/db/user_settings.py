"""Table user_settings: what each user chose, as one JSON object."""

from collections.abc import Mapping

from psycopg.types.json import Jsonb

from spotkeeper.db.connection import Connection


def read_to_change(connection: Connection, user_id: int) -> dict[str, object]:
    """The user's settings; whoever else asks so waits until this transaction ends."""
    # The user's row, since there may be none of settings yet.
    connection.execute("SELECT FROM users WHERE id = %s FOR NO KEY UPDATE", [user_id])
    row = connection.execute("SELECT values FROM user_settings WHERE user_id = %s", [user_id]).fetchone()
    return row[0] if row else {}


def save(connection: Connection, user_id: int, values: Mapping[str, object]) -> None:
    """Change these values of the user's settings and leave the others as they are."""
    connection.execute(
        """
        INSERT INTO user_settings (user_id, values) VALUES (%s, %s)
        ON CONFLICT (user_id) DO UPDATE SET values = user_settings.values || excluded.values, changed = now()
        """,
        [user_id, Jsonb(values)],
    )
