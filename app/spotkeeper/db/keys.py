"""Tables bands, modes, nodes and places: the keys that stand for words in table spot_rows."""

from typing import Generic, LiteralString, TypeVar

from spotkeeper.db.connection import Connection
from spotkeeper.spots.countries import Place

NULL = "\\N"
"""Of COPY's text format."""

# Beside that of the one scraper.
_KEYS_LOCK = 7_373_002
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

Word = TypeVar("Word")


class Known(dict[Word | None, str], Generic[Word]):
    """Keys by word, as COPY takes them; a word that has none is noted in `missing`, and NULL."""

    def __init__(self) -> None:
        super().__init__({None: NULL})
        self.missing: set[Word] = set()

    def __missing__(self, word: Word | None) -> str:
        if word is not None:
            self.missing.add(word)
        return NULL

    @property
    def words(self) -> dict[str, Word]:
        """The other way round, by keys as they are read."""
        return {key.replace("\\\\", "\\"): word for word, key in self.items() if word is not None}


class Keys:
    """The keys that this process knows. Others may add some at any time; none is ever changed."""

    def __init__(self) -> None:
        self.bands = Known[str]()
        self.modes = Known[str]()
        self.nodes = Known[str]()
        self.places = Known[Place]()
        self._known = self.bands, self.modes, self.nodes, self.places

    @property
    def lack(self) -> bool:
        """Whether a word was asked for that has no key yet."""
        return any(known.missing for known in self._known)

    def learn(self, connection: Connection) -> None:
        """Read the keys, and make those that are missing. The connection is one with autocommit."""
        with connection.transaction():
            if self.lack:
                # Two that make keys at the same time would take the same letter.
                connection.execute("SELECT pg_advisory_xact_lock(%s)", [_KEYS_LOCK])
            self._learn_letters(connection, "bands", self.bands)
            self._learn_letters(connection, "modes", self.modes)
            self._learn_nodes(connection)
            self._learn_places(connection)
        for known in self._known:
            known.missing.clear()

    @staticmethod
    def _learn_letters(connection: Connection, table: LiteralString, known: Known[str]) -> None:
        for letter, word in connection.execute(f"SELECT id, name FROM {table}"):  # noqa: S608
            # One of the letters is a backslash.
            known[word] = letter.replace("\\", "\\\\")
        for word in sorted(known.missing - known.keys()):
            letter = next(letter for letter in _LETTERS if letter not in known.values())
            connection.execute(f"INSERT INTO {table} (id, name) VALUES (%s, %s)", [letter, word])  # noqa: S608
            known[word] = letter

    # Read before they are made: an INSERT that finds its row there uses up a number, and there are 32,767.

    def _learn_nodes(self, connection: Connection) -> None:
        self.nodes.update((word, str(id)) for id, word in connection.execute("SELECT id, name FROM nodes"))
        for word in sorted(self.nodes.missing - self.nodes.keys()):
            [(id,)] = connection.execute("INSERT INTO nodes (name) VALUES (%s) RETURNING id", [word])
            self.nodes[word] = str(id)

    def _learn_places(self, connection: Connection) -> None:
        rows = connection.execute("SELECT id, dxcc, continent, cq_zone, itu_zone FROM places")
        ids = {tuple(described): id for id, *described in rows}
        wanted = [*self.places.missing, *(place for place in self.places if place is not None)]
        for described in map(_described, wanted):
            if described not in ids:
                [(ids[described],)] = connection.execute(
                    """INSERT INTO places (dxcc, continent, cq_zone, itu_zone) VALUES (%s, %s, %s, %s)
                    RETURNING id""",
                    described,
                )
        self.places.update((place, str(ids[_described(place)])) for place in wanted)


def _described(place: Place) -> tuple[int, str, int, int]:
    return place.dxcc, place.continent, place.cq_zone, place.itu_zone
