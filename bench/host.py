"""Sets the throw-away PostgreSQL of pg_virtualenv as role postgresql sets that of a host of 1 GB.

    python -m bench.host

Settings that belong to the host's ways in and out (addresses, TLS, the log) stay as they are.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import jinja2
from psycopg import sql

from tests.support import database

MEMORY_MB = 1024
TEMPLATE = Path(__file__).parents[1] / "roles/postgresql/templates/spotkeeper.conf.j2"

_NOT_OURS = re.compile(r"listen_addresses|ssl|log_(destination|line_prefix)|syslog_")


def settings() -> dict[str, str]:
    """Those of the role's template, by name."""
    text = jinja2.Template(TEMPLATE.read_text(), trim_blocks=True).render(
        ansible_managed="", postgresql_memory_mb=MEMORY_MB, postgresql_listen_addresses=[]
    )
    found = dict(re.findall(r"^(\w+) = '?(.*?)'?$", text, re.M))
    return {name: value for name, value in found.items() if not _NOT_OURS.match(name)}


def as_on_the_host() -> None:
    """Apply them and restart the server. Raises NoServer without pg_virtualenv's variables."""
    with database.superuser() as superuser:
        for name, value in settings().items():
            superuser.execute(
                sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), sql.Literal(value))
            )
    # Not "restart": that looks whether it still runs before it has ended.
    for action in ("stop", "start"):
        subprocess.run(["pg_ctlcluster", os.environ["PGVERSION"], "regress", action], check=True)


if __name__ == "__main__":
    try:
        as_on_the_host()
    except database.NoServer as error:
        sys.exit(f"there is no server to set: {error}")
