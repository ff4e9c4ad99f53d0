"""The old dashboard's users, who keep their passwords."""

from typing import NamedTuple

from spotkeeper.db import accounts
from spotkeeper.db.connection import Connection
from spotkeeper.passwords import is_bcrypt


class Users(NamedTuple):
    """How many are new, how many of the same name were there, and names that are refused, with the reason."""

    added: int
    there: int
    refused: list[tuple[str, str]]


def import_users(connection: Connection, old: list[tuple[str, str]], dry: bool) -> Users:
    """Add those who are not there yet, named like their callsigns, as users; nobody is changed.

    `old` are callsigns and hashes of bcrypt. Dry, nobody is added.
    """
    added = 0
    there = 0
    refused = []
    known = {user.name for user in accounts.list_users(connection)}
    with connection.transaction():
        for callsign, password_hash in old:
            name = callsign.strip().lower()
            if not name:
                refused.append((callsign, "has no callsign"))
            elif not accounts.NAME.fullmatch(name):
                refused.append((callsign, "cannot be a user's name here: add the user by hand"))
            elif not password_hash:
                refused.append((callsign, "has no password"))
            elif not is_bcrypt(password_hash):
                refused.append((callsign, "has a password hash that is not one of bcrypt, or costs too much"))
            elif name in known or not (dry or accounts.create_user(connection, name, password_hash, "user")):
                there += 1
            else:
                known.add(name)
                added += 1
    return Users(added, there, refused)
