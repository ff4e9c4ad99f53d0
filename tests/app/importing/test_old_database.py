"""`spotkeeper import old-database`."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import bcrypt
import psycopg
import pytest
from spotkeeper.db.connection import Connection
from spotkeeper.importing import old_tables
from spotkeeper.passwords import verify

from tests.app.conftest import Server
from tests.app.importing.conftest import Run

Rows = Callable[..., list[tuple[Any, ...]]]
# As the old system made them, but for the columns that nobody reads.
SCHEMA = """
CREATE TABLE raw_spots (id serial PRIMARY KEY, timestamp timestamptz DEFAULT now(), raw_text text NOT NULL);
CREATE TABLE dx_spots (
    id serial PRIMARY KEY, raw_spot_id integer REFERENCES raw_spots (id), timestamp timestamptz NOT NULL,
    dx_call varchar(20) NOT NULL, frequency numeric(10, 3) NOT NULL, spotter_call varchar(20) NOT NULL,
    comment text, mode varchar(10), signal_report varchar(10), grid_square varchar(6), band varchar(10)
);
CREATE TABLE wwv_announcements (
    id serial PRIMARY KEY, raw_announcement_id integer REFERENCES raw_spots (id),
    timestamp timestamptz NOT NULL, raw_text text NOT NULL, solar_flux integer, a_index integer,
    k_index integer, sunspot_number integer,
    announcement_type varchar(20) DEFAULT 'WWV'
);
CREATE TABLE dashboard_users (
    id serial PRIMARY KEY, callsign varchar(20) UNIQUE NOT NULL, name varchar(100), password_hash varchar(255)
);
"""
LINE = "2026-03-02 00:10:17: DX de F5AAA:     14025.0  K1ABC        CW loud                        0010Z"
MOMENT = datetime(2026, 3, 2, 0, 10, tzinfo=UTC)


@pytest.fixture
def conninfo(server: Server) -> str:
    """Of an old database, empty."""
    conninfo = server.empty()
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(SCHEMA)
    return conninfo


@pytest.fixture
def old(conninfo: str) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """The old system at work."""
    with psycopg.connect(conninfo, autocommit=True, options="-c timezone=UTC") as connection:
        yield connection


def add_line(
    old: psycopg.Connection[tuple[Any, ...]], line: str = LINE, time: str = "2026-03-02 00:10:17"
) -> int:
    [(id,)] = old.execute(
        "INSERT INTO raw_spots (timestamp, raw_text) VALUES (%s, %s) RETURNING id", [time, line]
    ).fetchall()
    return int(id)


def add_spot(old: psycopg.Connection[tuple[Any, ...]], raw: int | None = None, **values: object) -> None:
    row = {
        "raw_spot_id": raw,
        "timestamp": "2026-03-02 00:10:17",
        "dx_call": "K1ABC",
        "frequency": 14025,
        "spotter_call": "F5AAA",
        "comment": "CW loud",
        "mode": "CW",
        **values,
    }
    names, places = ", ".join(row), ", ".join(f"%({name})s" for name in row)
    old.execute(f"INSERT INTO dx_spots ({names}) VALUES ({places})", row)  # type: ignore[arg-type]


def test_each_table(
    old: psycopg.Connection[tuple[Any, ...]], conninfo: str, run: Run, rows: Rows, owner: Connection
) -> None:
    add_spot(old, add_line(old))
    # The line of this one was deleted, and its stamp with it.
    add_spot(old, dx_call="JA1ABC", comment="tnx", signal_report="5-9", grid_square="PM95")
    wwv = add_line(
        old, "2026-03-02 00:18:00: WWV de VE7CC <00> :   SFI=150, A=8, K=2, No Storms -> No Storms"
    )
    old.execute(
        """INSERT INTO wwv_announcements
            (raw_announcement_id, timestamp, raw_text, solar_flux, a_index, k_index, sunspot_number)
        SELECT id, timestamp, raw_text, 150, 8, 2, 100 FROM raw_spots WHERE id = %s""",
        [wwv],
    )
    old.execute(
        """INSERT INTO wwv_announcements
            (timestamp, raw_text, solar_flux, a_index, k_index, announcement_type)
        VALUES ('2026-03-02 06:00:30', 'Solar Data Update: SFI=151', 151, 9, 3, 'AUTO_FETCH'),
               ('2026-03-02 12:00:30', '', null, 999, null, 'AUTO_FETCH')"""
    )
    outcome = run("old-database", conninfo)
    assert outcome.code == 1
    assert outcome.out.splitlines() == [
        "raw_spots: 2 lines: 1 spots stored, 0 were stored already, 1 bulletins, 0 refused",
        "dx_spots: 2 lines: 1 spots stored, 0 were stored already, 0 refused",
        "wwv_announcements: 3 lines: 0 spots stored, 0 were stored already, 2 bulletins, 1 refused",
        "  1 refused: is a bulletin without a figure",
        "  they are in wwv_announcements.refused",
        "dashboard_users: 0 added, 0 were there already",
    ]
    assert rows("time, dx, comment, mode, report, dx_grid, node, received") == [
        (MOMENT, "JA1ABC", "tnx", "CW", "5-9", "PM95", "import", None),
        (MOMENT, "K1ABC", "CW loud", "CW", None, None, "import", None),
    ]
    assert owner.execute(
        "SELECT time, station, sfi, a_index, k_index FROM solar ORDER BY time"
    ).fetchall() == [
        (datetime(2026, 3, 2, 0, tzinfo=UTC), "VE7CC", 150, 8, 2),
        (datetime(2026, 3, 2, 6, tzinfo=UTC), "AUTO_FETCH", 151, 9, 3),
    ]


def test_rows_that_no_clock_and_no_form_ever_wrote(
    old: psycopg.Connection[tuple[Any, ...]], conninfo: str, run: Run, rows: Rows
) -> None:
    old.execute("ALTER TABLE dashboard_users ALTER callsign DROP NOT NULL")
    old.execute("INSERT INTO dashboard_users (callsign, password_hash) VALUES (NULL, 'x'), ('K1ABC', NULL)")
    without_time = LINE.partition(": ")[2]
    for time in ("infinity", "-infinity", "294275-01-01", "0044-03-15 BC"):
        add_line(old, without_time, time=time)
        add_spot(old, timestamp=time)
        old.execute(
            "INSERT INTO wwv_announcements (timestamp, raw_text, solar_flux) VALUES (%s, 'SFI', 150)", [time]
        )
    add_line(old)
    outcome = run("old-database", conninfo)
    assert outcome.code == 1
    assert "dx_spots: 4 lines: 0 spots stored, 0 were stored already, 4 refused" in outcome.out
    assert "wwv_announcements: 4 lines: 0 spots stored, 0 were stored already, 4 refused" in outcome.out
    assert "refused: '' has no callsign" in outcome.out
    assert "refused: 'K1ABC' has no password" in outcome.out
    assert rows("dx") == [("K1ABC",)]


def test_what_came_meanwhile_is_taken_by_the_next_run(
    old: psycopg.Connection[tuple[Any, ...]],
    conninfo: str,
    run: Run,
    rows: Rows,
    monkeypatch: pytest.MonkeyPatch,
    sums_are_right: Callable[[], bool],
) -> None:
    monkeypatch.setattr(old_tables, "PIECE_ROWS", 10)
    for minute in range(25):
        add_line(old, LINE.replace("00:10:17", f"00:{minute:02}:17").replace("0010Z", f"00{minute:02}Z"))
    assert "raw_spots: 25 lines: 25 spots stored" in run("old-database", conninfo).out
    add_line(old, LINE.replace("K1ABC", "K1XYZ"))
    again = run("old-database", conninfo)
    assert "raw_spots: 26 lines, 25 of them by an earlier import: 26 spots stored" in again.out
    assert len(rows("time")) == 26
    assert sums_are_right()


def test_times_of_a_server_that_thought_it_was_elsewhere(
    old: psycopg.Connection[tuple[Any, ...]], conninfo: str, run: Run, rows: Rows
) -> None:
    add_line(old, time="2026-03-02 05:10:17")
    run("old-database", conninfo)
    assert rows("time") == [(MOMENT,)]


def test_a_database_without_the_lines(
    old: psycopg.Connection[tuple[Any, ...]], conninfo: str, run: Run, rows: Rows
) -> None:
    old.execute(
        "ALTER TABLE dx_spots DROP COLUMN raw_spot_id, DROP COLUMN signal_report, DROP COLUMN grid_square"
    )
    old.execute("DROP TABLE raw_spots, wwv_announcements, dashboard_users CASCADE")
    old.execute(
        """INSERT INTO dx_spots (timestamp, dx_call, frequency, spotter_call)
        VALUES ('2026-03-02 00:10:17', 'K1ABC', 14025, 'F5AAA')"""
    )
    outcome = run("old-database", conninfo)
    assert outcome.code == 0
    assert outcome.out.splitlines() == [
        "raw_spots: there is no such table",
        "wwv_announcements: there is no such table",
        "dashboard_users: there is no such table",
        "dx_spots: 1 lines: 1 spots stored, 0 were stored already, 0 refused",
    ]
    assert rows("time, mode, mode_source") == [(MOMENT, "CW", "guessed")]


def test_columns_that_are_missing_change_nothing(
    old: psycopg.Connection[tuple[Any, ...]], conninfo: str, run: Run, rows: Rows
) -> None:
    add_line(old)
    old.execute("ALTER TABLE dx_spots DROP COLUMN frequency, DROP COLUMN dx_call")
    old.execute("ALTER TABLE dashboard_users DROP COLUMN password_hash")
    outcome = run("old-database", conninfo)
    assert outcome == (
        2,
        "",
        "spotkeeper: the old database is not as expected: dx_spots lacks dx_call, frequency;"
        " dashboard_users lacks password_hash\n",
    )
    assert rows("time") == []
    assert run("old-database", "--only", "raw_spots", conninfo).code == 0
    assert len(rows("time")) == 1


def test_a_database_that_is_none_of_these(server: Server, run: Run) -> None:
    outcome = run("old-database", server.empty())
    assert outcome.code == 2
    assert "has none of the tables raw_spots, dx_spots, wwv_announcements, dashboard_users" in outcome.err


@pytest.mark.parametrize(
    ("conninfo", "sentence"),
    [
        ("nonsense password=hidden", "CONNINFO is not a connection string"),
        ("host=127.0.0.1 port=1 password=hidden dbname=none", "cannot connect to the old database"),
    ],
)
def test_a_database_that_is_not_there(run: Run, conninfo: str, sentence: str) -> None:
    outcome = run("old-database", conninfo)
    assert outcome.code == 2
    assert sentence in outcome.err
    assert "hidden" not in outcome.err
    assert outcome.err.count("\n") == 1


def test_the_right_to_read_is_enough(
    old: psycopg.Connection[tuple[Any, ...]], conninfo: str, run: Run
) -> None:
    add_line(old)
    old.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO notifier")
    assert run("old-database", f"{conninfo} user=notifier").code == 0


class TestUsers:
    def add(self, old: psycopg.Connection[tuple[Any, ...]], callsign: str, password: str | None) -> None:
        hashed = bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode() if password else None
        old.execute(
            "INSERT INTO dashboard_users (callsign, password_hash) VALUES (%s, %s)", [callsign, hashed]
        )

    def test_they_keep_their_passwords(
        self, old: psycopg.Connection[tuple[Any, ...]], conninfo: str, run: Run, owner: Connection
    ) -> None:
        self.add(old, "N0CALL", "correct horse")
        self.add(old, "F5AAA", "battery staple")
        dry = run("old-database", "--only", "dashboard_users", "--dry-run", conninfo)
        assert dry == (0, "dashboard_users: 2 added, 0 were there already\n", "")
        assert owner.execute("SELECT count(*) FROM users").fetchone() == (0,)
        assert run("old-database", "--only", "dashboard_users", conninfo) == dry
        users = owner.execute("SELECT name, role, password_hash FROM users ORDER BY name").fetchall()
        assert [user[:2] for user in users] == [("f5aaa", "user"), ("n0call", "user")]
        assert verify(users[0][2], "battery staple")
        assert not verify(users[0][2], "correct horse")

    def test_nobody_who_is_there_is_changed(
        self, old: psycopg.Connection[tuple[Any, ...]], conninfo: str, run: Run, owner: Connection
    ) -> None:
        owner.execute("INSERT INTO users (name, password_hash, role) VALUES ('n0call', 'x', 'owner')")
        self.add(old, "N0CALL", "correct horse")
        outcome = run("old-database", "--only", "dashboard_users", conninfo)
        assert outcome == (0, "dashboard_users: 0 added, 1 were there already\n", "")
        assert owner.execute("SELECT password_hash, role FROM users").fetchall() == [("x", "owner")]

    def test_who_cannot_be_taken_over(
        self, old: psycopg.Connection[tuple[Any, ...]], conninfo: str, run: Run, owner: Connection
    ) -> None:
        self.add(old, "DL1ABC/P", "correct horse")
        self.add(old, "N0CALL", None)
        old.execute(
            "INSERT INTO dashboard_users (callsign, password_hash) VALUES ('K1A', 'md5abc'), ('K1B', %s)",
            ["$2b$31$" + "." * 53],
        )
        outcome = run("old-database", "--only", "dashboard_users", conninfo)
        assert outcome.code == 1
        assert outcome.out.splitlines() == [
            "dashboard_users: 0 added, 0 were there already",
            "  refused: 'DL1ABC/P' cannot be a user's name here: add the user by hand",
            "  refused: 'K1A' has a password hash that is not one of bcrypt, or costs too much",
            "  refused: 'K1B' has a password hash that is not one of bcrypt, or costs too much",
            "  refused: 'N0CALL' has no password",
        ]
        assert owner.execute("SELECT count(*) FROM users").fetchone() == (0,)


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the files of refused rows go."""
    monkeypatch.chdir(tmp_path)
