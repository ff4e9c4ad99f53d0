"""A PostgreSQL of the test's own, to be stopped, started and starved."""

import getpass
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psycopg
from spotkeeper.db.connection import connect
from spotkeeper.db.migrate import migrate

from tests.support import database as support

DATABASE = "spotkeeper"
# As a server of one small host, but for the sockets, and WAL files small enough for a disk that shall fill.
SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{folder}'
max_connections = 30
shared_buffers = 32MB
min_wal_size = 4MB
max_wal_size = 64MB
track_commit_timestamp = on
log_line_prefix = '%m %a '
"""


def owned_by_server(folder: Path) -> None:
    """PostgreSQL refuses to run as root: then its files belong to the user of Debian's packages."""
    if os.geteuid() == 0:
        subprocess.run(["chown", "-R", "postgres:postgres", folder], check=True)


def as_server() -> list[str]:
    root = os.geteuid() == 0
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if root else []


def superuser() -> str:
    return "postgres" if os.geteuid() == 0 else getpass.getuser()


def program(name: str) -> Path:
    """One of PostgreSQL's own, of the newest version that is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))
    return found[-1]


class Cluster:
    """The server over `folder`, which is a copy of `template` when one is given.

    `inside` is a command's beginning that puts it where the disk is.
    """

    def __init__(self, folder: Path, data: Path | None = None, inside: Sequence[str] = ()) -> None:
        self._folder = folder
        self._data = data or folder / "data"
        self._inside = inside
        self._process: subprocess.Popen[bytes] | None = None
        self.conninfo = f"host={folder} dbname={DATABASE}"

    @classmethod
    def template(cls, folder: Path) -> Path:
        """A data directory with roles and schema, to be copied."""
        cluster = cls(folder)
        folder.mkdir(mode=0o755)
        owned_by_server(folder)
        subprocess.run(
            [*as_server(), program("initdb"), "--pgdata", cluster._data, "--username", superuser(),
             "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8", "--wal-segsize", "1",
             "--no-sync"],
            check=True, capture_output=True, cwd="/",
        )  # fmt: skip
        cluster.start()
        as_superuser = {"PGHOST": str(folder), "PGUSER": superuser(), "PGPASSWORD": "none"}
        with patch.dict(os.environ, as_superuser):
            support.create_roles()
            support.create_database(DATABASE)
        with connect(cluster.conninfo, "owner", autocommit=True) as owner:
            list(migrate(owner))
        cluster.stop()
        return cluster._data

    def start(self) -> None:
        """Returns when it takes connections."""
        settings = SETTINGS.format(folder=self._folder)
        options = [f"--{line.replace(' = ', '=', 1)}" for line in settings.strip().splitlines()]
        options = [option.replace("'", "") for option in options]
        with (self._folder / "postgres.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*self._inside, *as_server(), program("postgres"), "-D", self._data, *options],
                stdout=log, stderr=log, cwd="/",
            )  # fmt: skip
        deadline = time.monotonic() + 60
        while not self.answers():
            assert self._process.poll() is None, self.log()
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT ends its connections and stops it, SIGQUIT stops it as a power cut does."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(how)
            self._process.wait(60)

    def restart(self) -> None:
        self.stop()
        self.start()

    def answers(self) -> bool:
        try:
            psycopg.connect(self.conninfo, user=superuser(), dbname="postgres", connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def connect(self, user: str | None = None) -> psycopg.Connection[tuple[Any, ...]]:
        """An autocommit connection, as the superuser unless said otherwise."""
        return psycopg.connect(self.conninfo, user=user or superuser(), autocommit=True, connect_timeout=5)

    def ask(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        """The rows of a statement, asked as the superuser over a connection of its own."""
        with self.connect() as connection:
            cursor = connection.execute(statement, parameters or None)
            return cursor.fetchall() if cursor.description else []

    def log(self) -> str:
        return (self._folder / "postgres.log").read_text(errors="replace")[-3000:]
