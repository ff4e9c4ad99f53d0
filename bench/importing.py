"""How fast `spotkeeper import rbn` stores a day of the RBN, beside a bare COPY of the rows that came of it.

`python -m bench.importing 3` imports three million invented spots into a throw-away PostgreSQL.
"""

import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

from spotkeeper.db.connection import Connection, connect
from spotkeeper.db.migrate import migrate

from tests.support import database as support

DATABASE = "bench_importing"
HEADER = "callsign,de_pfx,de_cont,freq,band,dx,dx_pfx,dx_cont,mode,db,date,speed,tx_mode\n"
BEGINS = datetime(2026, 3, 1, tzinfo=UTC)
# As on a day of two million spots: whom many hear is heard often.
A_MINUTE = 1_400
SKIMMERS = 250
STATIONS = 12_000
HEARD_BY = 8
BARE_ROWS = 40_000
PREFIXES = (
    "K1 K4 W6 N9 AA7 VE3 DL1 DK5 F5 G4 EA3 I2 OK1 SP7 HA8 YO3 LZ2 UA3 UA9 UR5 JA1 JH8 BY4 VK2 ZL3 PY2 LU5 ZS6"
)
BANDS = (
    (1810, 30),
    (3510, 60),
    (7005, 30),
    (10105, 25),
    (14005, 65),
    (18070, 25),
    (21005, 65),
    (24892, 20),
    (28005, 65),
)
TICKS = os.sysconf("SC_CLK_TCK")
POLL_SECONDS = 0.05


class Cost(NamedTuple):
    """In all, and the processor's time of the command and of PostgreSQL, in seconds."""

    seconds: float
    command: float
    database: float


def main(millions: float) -> None:
    support.create_roles()
    support.create_database(DATABASE)
    try:
        with (
            connect(f"dbname={DATABASE}", "owner", autocommit=True) as owner,
            tempfile.TemporaryDirectory() as folder,
        ):
            list(migrate(owner))
            [(fsync,)] = owner.execute("SHOW fsync").fetchall()
            file = Path(folder, "20260301.csv")
            lines = write_day(file, round(millions * 1e6))
            size = file.stat().st_size
            imported = run_import(file)
            again = run_import(file, "--again")
            [(spots,)] = owner.execute("SELECT count(*) FROM spot_rows").fetchall()
            bare = copy_bare(owner)
        print(f"PostgreSQL with fsync={fsync}; {lines:,} lines, {size / 1e6:.0f} MB, {spots:,} spots\n")
        print("| what | lines a second | of a bare COPY | s of the command | s of PostgreSQL |")
        print("|---|---:|---:|---:|---:|")
        rate = spots / bare.seconds
        print(f"| bare COPY of the rows | {rate:,.0f} | 1 | | {bare.database * 1e6 / spots:.1f} |")
        for what, cost in (("**import**", imported), ("import of what is stored", again)):
            print(
                f"| {what} | {lines / cost.seconds:,.0f} | {lines / cost.seconds / rate:.2f}"
                f" | {cost.command * 1e6 / lines:.1f} | {cost.database * 1e6 / lines:.1f} |"
            )
        print("\nseconds of the processor are for a million lines")
    finally:
        support.drop_database(DATABASE)


def write_day(file: Path, count: int) -> int:
    """An invented day, several skimmers hearing the same call in the same minute; how many lines it has."""
    rng = random.Random(1)
    skimmers = [invented_call(rng) for _ in range(SKIMMERS)]
    stations = [
        (invented_call(rng), *rng.choice(BANDS), rng.random(), rng.randint(18, 36)) for _ in range(STATIONS)
    ]
    often = list(accumulate(1 / (number + 5) for number in range(STATIONS)))
    written = 0
    with file.open("w") as day:
        day.write(HEADER)
        for minute in minutes(BEGINS):
            heard = []
            while len(heard) < A_MINUTE:
                dx, low, width, place, wpm = rng.choices(stations, cum_weights=often)[0]
                kind = rng.choices(("CQ", "DX", "NCDXF B", "BEACON"), (90, 7, 2, 1))[0]
                mode = "CW" if rng.random() < 0.93 else "RTTY"
                for spotter in rng.sample(skimmers, min(SKIMMERS, 1 + int(rng.expovariate(1 / HEARD_BY)))):
                    khz = low + width * place + rng.choice((-0.1, 0, 0, 0, 0.1))
                    heard.append((rng.randrange(60), spotter, khz, dx, kind, rng.randint(3, 40), wpm, mode))
            heard.sort()
            for second, spotter, khz, dx, kind, db, wpm, mode in heard[: count - written]:
                day.write(
                    f"{spotter},{spotter[:2]},XX,{khz:.1f},XXm,{dx},{dx[:2]},XX,{kind},{db},"
                    f"{minute:%Y-%m-%d %H:%M}:{second:02},{wpm},{mode}\n"
                )
            written += len(heard[: count - written])
            if written == count:
                day.write(f"({count} rows)\n")
                return count
    raise AssertionError("time ends")


def minutes(begin: datetime) -> Iterator[datetime]:
    while True:
        yield begin
        begin += timedelta(minutes=1)


def invented_call(rng: random.Random) -> str:
    letters = rng.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ", k=rng.choice((2, 3, 3)))
    return rng.choice(PREFIXES.split()) + "".join(letters)


def run_import(file: Path, *options: str) -> Cost:
    settings = file.with_name("settings.toml")
    settings.write_text(
        f'[database]\nconninfo = "dbname={DATABASE}"\n[scraper]\ncallsign = "N0CALL-1"\n'
        'nodes = [{name = "demo", kind = "rbn", host = "192.0.2.1", port = 7300}]\n'
    )
    before = os.times()
    start = time.perf_counter()
    with backends_watched() as database:
        subprocess.run(
            [
                Path(sys.executable).with_name("spotkeeper"),
                "--settings",
                settings,
                "import",
                "rbn",
                *options,
                file,
            ],
            check=True,
        )
    after = os.times()
    command = after.children_user + after.children_system - before.children_user - before.children_system
    return Cost(time.perf_counter() - start, command, sum(database.values()))


@contextmanager
def backends_watched() -> Iterator[dict[int, float]]:
    """Seconds of the processor that each of the import's connections has used when it was last looked at."""
    used: dict[int, float] = {}
    ended = threading.Event()

    def watch() -> None:
        with connect(f"dbname={DATABASE}", "owner", autocommit=True) as watcher:
            while not ended.wait(POLL_SECONDS):
                for (pid,) in watcher.execute(
                    "SELECT pid FROM pg_stat_activity WHERE application_name = 'spotkeeper import'"
                ):
                    used[pid] = cpu_seconds(pid)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield used
    finally:
        ended.set()
        thread.join()


def cpu_seconds(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS


def copy_bare(owner: Connection) -> Cost:
    """The same rows, ready made, on one connection into a table like that of a month, as many in a
    transaction as the import stores in one.
    """
    with owner.cursor().copy("COPY (SELECT * FROM spot_rows ORDER BY time) TO STDOUT") as copy:
        texts = [bytes(row) for row in copy]
    owner.execute("CREATE TABLE bare (LIKE spots_machine INCLUDING ALL) PARTITION BY RANGE (time)")
    owner.execute("CREATE TABLE bare_all PARTITION OF bare DEFAULT")
    before = cpu_seconds(owner.info.backend_pid)
    start = time.perf_counter()
    for first in range(0, len(texts), BARE_ROWS):
        with owner.cursor().copy("COPY bare FROM STDIN") as copy:
            copy.write(b"".join(texts[first : first + BARE_ROWS]))
    seconds = time.perf_counter() - start
    return Cost(seconds, 0.0, cpu_seconds(owner.info.backend_pid) - before)


if __name__ == "__main__":
    try:
        main(float(sys.argv[1]) if len(sys.argv) > 1 else 3.0)
    except support.NoServer as error:
        sys.exit(f"the benchmarks need PostgreSQL: {error}")
