"""The command line as the operator meets it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import NamedTuple, get_args

import pytest
from spotkeeper import cli, invitations
from spotkeeper.db.accounts import UserRole
from spotkeeper.db.connection import Connection
from spotkeeper.passwords import verify

from tests.app.conftest import Server

SETTINGS = """
[database]
conninfo = "{conninfo}"
[scraper]
callsign = "N0CALL-1"
nodes = [{{name = "demo", kind = "dxspider", host = "192.0.2.1", port = 7300}}]
"""


class Outcome(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Outcome]


@pytest.fixture
def settings(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that names the test's database, found by the environment variable."""
    file = tmp_path / "spotkeeper.toml"
    file.write_text(SETTINGS.format(conninfo=database))
    monkeypatch.setenv("SPOTKEEPER_SETTINGS", str(file))
    return file


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """`spotkeeper ARGUMENTS` with text on standard input."""

    def run(*arguments: str, stdin: str = "") -> Outcome:
        monkeypatch.setattr(sys, "stdin", StringIO(stdin))
        with pytest.raises(SystemExit) as exit:
            cli.main(list(arguments))
        printed = capsys.readouterr()
        return Outcome(int(exit.value.code or 0), printed.out, printed.err)

    return run


def is_one_sentence(text: str) -> bool:
    return text.startswith("spotkeeper") and text.count("\n") == 1 and "Traceback" not in text


def stored_hash(login: Callable[[str], Connection], name: str) -> str:
    row = login("owner").execute("SELECT password_hash FROM users WHERE name = %s", [name]).fetchone()
    assert row
    return str(row[0])


def test_help_lists_the_commands(run: Run) -> None:
    shown = run("--help")
    assert shown.code == 0
    for command in ("scrape", "notify", "migrate", "user"):
        assert f"\n  {command} " in shown.out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--quiet"], "spotkeeper: No such option '--quiet' -- see spotkeeper --help\n"),
        (["scrap"], "spotkeeper: No such command 'scrap'. Did you mean 'scrape'? -- see"),
        (
            ["migrate", "now"],
            "spotkeeper migrate: Got unexpected extra argument (now) -- see spotkeeper migrate --help\n",
        ),
        (
            ["user", "add"],
            "spotkeeper user add: Missing argument 'NAME' -- see spotkeeper user add --help\n",
        ),
        (
            ["user", "add", "eve", "--role", "boss"],
            "spotkeeper user add: Invalid value for '--role': 'boss' is not one of 'viewer', 'user', 'owner'",
        ),
    ],
)
def test_wrong_command_line(run: Run, arguments: list[str], sentence: str) -> None:
    outcome = run(*arguments)
    assert outcome.code == 2
    assert outcome.err.startswith(sentence)
    assert is_one_sentence(outcome.err)


@pytest.mark.parametrize("command", [["scrape"], ["notify"], ["migrate"], ["user", "list"]])
def test_settings_that_are_not_there(run: Run, tmp_path: Path, command: list[str]) -> None:
    file = tmp_path / "none.toml"
    outcome = run("--settings", str(file), *command)
    assert outcome == (
        2,
        "",
        f"spotkeeper: cannot read the settings file {file}: No such file or directory\n",
    )


def test_database_that_is_not_there(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "spotkeeper.toml"
    file.write_text(SETTINGS.format(conninfo="host=127.0.0.1 port=1 password=hidden dbname=none"))
    outcome = run("--settings", str(file), "migrate")
    assert outcome.code == 2
    assert outcome.err.startswith("spotkeeper: cannot connect to the database as owner: ")
    assert "systemctl status postgresql" in outcome.err
    assert "hidden" not in outcome.err
    assert is_one_sentence(outcome.err)


def test_no_traceback_from_the_installed_command(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("[scraper]\ncallsign = 5\n")
    command = [
        str(Path(sys.executable).with_name("spotkeeper")),
        "--settings",
        str(tmp_path / "bad.toml"),
        "scrape",
    ]
    outcome = subprocess.run(command, capture_output=True, text=True)
    assert outcome.returncode == 2
    assert is_one_sentence(outcome.stderr)
    assert "bad.toml: scraper.callsign: expected a text, got a whole number" in outcome.stderr


def test_help_does_not_load_the_services() -> None:
    program = (
        "import sys; from spotkeeper import cli\n"
        "try: cli.main(['--help'])\n"
        "except SystemExit: print(*sys.modules, file=sys.stderr)\n"
    )
    outcome = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {"psycopg", "flask", "msgspec", "argon2", "asyncio"} & set(outcome.stderr.split())


class TestMigrate:
    @pytest.fixture(autouse=True)
    def empty_database(self, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        file = tmp_path / "empty.toml"
        file.write_text(SETTINGS.format(conninfo=server.empty()))
        monkeypatch.setenv("SPOTKEEPER_SETTINGS", str(file))

    def test_dry_run_says_what_the_run_then_does(self, run: Run) -> None:
        would = run("migrate", "--dry-run").out.splitlines()
        done = run("migrate").out.splitlines()
        assert would[0] == "would apply 0001_spots.sql"
        assert [line.replace("would apply", "applied") for line in would] == done
        assert run("migrate") == (0, "the schema is up to date\n", "")
        assert run("migrate", "--dry-run") == (0, "the schema is up to date\n", "")

    def test_user_before_the_first_migration(self, run: Run) -> None:
        sentence = "spotkeeper: the database has no schema yet: run spotkeeper migrate first\n"
        assert run("user", "add", "alice", "--generate") == (2, "", sentence)


@pytest.mark.usefixtures("settings")
class TestUser:
    def test_add_with_the_password_from_stdin(self, run: Run, login: Callable[[str], Connection]) -> None:
        outcome = run("user", "add", "alice", "--role", "owner", "--password-stdin", stdin="correct horse\n")
        assert outcome == (0, "", "alice may sign in as owner\n")
        stored = stored_hash(login, "alice")
        assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
        assert verify(stored, "correct horse")
        (line,) = run("user", "list").out.splitlines()
        assert line.split()[:2] == ["alice", "owner"]

    def test_generated_password_is_all_of_stdout(self, run: Run, login: Callable[[str], Connection]) -> None:
        outcome = run("user", "add", "bob", "--generate")
        assert outcome.code == 0
        password = outcome.out.removesuffix("\n")
        assert len(password) == 20
        assert verify(stored_hash(login, "bob"), password)

    def test_prompt_asks_twice_and_shows_nothing(
        self, settings: Path, login: Callable[[str], Connection]
    ) -> None:
        controller, terminal = os.openpty()
        process = subprocess.Popen(
            [sys.executable, "-m", "spotkeeper", "user", "add", "carol"],
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            start_new_session=True,
        )
        os.close(terminal)
        shown = b""
        for prompt in (b"Password: ", b"confirmation: "):
            while not shown.endswith(prompt):
                shown += os.read(controller, 1024)
            os.write(controller, b"correct horse\n")
        assert process.wait(timeout=20) == 0
        os.close(controller)
        assert b"correct" not in shown
        assert verify(stored_hash(login, "carol"), "correct horse")

    def test_without_a_terminal_it_names_the_two_ways(self, run: Run) -> None:
        outcome = run("user", "add", "dave")
        assert outcome.code == 2
        assert "give --password-stdin or --generate" in outcome.err
        assert is_one_sentence(outcome.err)

    @pytest.mark.parametrize("name", ["Alice", "", "a b", "-a", "a" * 33, "ä", "a\n", "a'; DROP TABLE users"])
    def test_name_out_of_form(self, run: Run, name: str) -> None:
        outcome = run("user", "add", "--generate", "--", name)
        assert outcome.code == 2
        assert outcome.out == ""
        assert "cannot be a user's name" in outcome.err
        assert is_one_sentence(outcome.err)
        assert run("user", "list").out == ""

    @pytest.mark.parametrize("stdin", ["", "short\n", "x" * 201, "tab\tinside it\n"])
    def test_password_that_nobody_should_have(self, run: Run, stdin: str) -> None:
        outcome = run("user", "add", "alice", "--password-stdin", stdin=stdin)
        assert outcome.code == 2
        assert outcome.err.startswith("spotkeeper: a password ")
        assert is_one_sentence(outcome.err)
        assert run("user", "list").out == ""

    def test_name_that_is_taken_keeps_its_password(
        self, run: Run, login: Callable[[str], Connection]
    ) -> None:
        run("user", "add", "alice", "--generate")
        before = stored_hash(login, "alice")
        assert run("user", "add", "alice", "--generate") == (
            2,
            "",
            "spotkeeper: there is a user alice already\n",
        )
        assert stored_hash(login, "alice") == before

    def test_new_password_signs_out_everywhere_and_ends_programs(
        self, run: Run, login: Callable[[str], Connection]
    ) -> None:
        run("user", "add", "alice", "--generate")
        owner = login("owner")
        owner.execute(
            """
            INSERT INTO sign_in_sessions (user_id, expires) SELECT id, now() + interval '1 day' FROM users
            """
        )
        run("token", "make", "alice", "logger")
        outcome = run("user", "password", "alice", "--password-stdin", stdin="another horse\n")
        said = "alice has a new password: all devices are signed out, all API tokens are revoked\n"
        assert outcome == (0, "", said)
        assert verify(stored_hash(login, "alice"), "another horse")
        assert owner.execute("SELECT count(*) FROM sign_in_sessions").fetchone() == (0,)
        assert owner.execute("SELECT count(*) FROM tokens WHERE revoked IS NULL").fetchone() == (0,)

    def test_remove(self, run: Run) -> None:
        run("user", "add", "alice", "--generate")
        assert run("user", "remove", "alice") == (0, "", "alice is removed\n")
        assert run("user", "list").out == ""

    @pytest.mark.parametrize(
        "command",
        [["remove", "nobody"], ["password", "nobody", "--generate"], ["reset-second-factor", "nobody"]],
    )
    def test_user_that_is_not_there(self, run: Run, command: list[str]) -> None:
        assert run("user", *command) == (2, "", "spotkeeper: there is no user nobody\n")

    def test_the_last_owner_stays(self, run: Run) -> None:
        run("user", "add", "olga", "--generate", "--role", "owner")
        assert run("user", "remove", "olga") == (
            2,
            "",
            "spotkeeper: olga is the last owner: add another one first\n",
        )
        run("user", "add", "otto", "--generate", "--role", "owner")
        assert run("user", "remove", "olga").code == 0

    def test_the_second_factor_is_taken_away(self, run: Run, login: Callable[[str], Connection]) -> None:
        run("user", "add", "alice", "--generate")
        reset = "user", "reset-second-factor", "alice"
        assert run(*reset) == (2, "", "spotkeeper: alice has no second factor\n")
        owner = login("owner")
        owner.execute("INSERT INTO totp (user_id, secret, confirmed) SELECT id, '', now() FROM users")
        assert run("user", "list").out.endswith("  second factor\n")
        assert run(*reset) == (0, "", "alice signs in with the password alone\n")
        assert owner.execute("SELECT count(*) FROM totp").fetchone() == (0,)

    def test_an_invitation_s_link_is_printed(self, run: Run, login: Callable[[str], Connection]) -> None:
        outcome = run("user", "invite", "--role", "viewer", "--days", "3")
        assert outcome.code == 0
        token = outcome.out.strip().removeprefix("/invitation/")
        kept = login("owner").execute(
            "SELECT hash, role, expires - created = interval '3 days', made_by FROM invitations"
        )
        assert kept.fetchone() == (invitations.digest(token), "viewer", True, None)

    def test_what_was_done_stands_in_the_audit_trail(
        self, run: Run, login: Callable[[str], Connection]
    ) -> None:
        for command in (
            ("user", "add", "alice", "--generate"),
            ("user", "password", "alice", "--generate"),
            ("token", "make", "alice", "logger"),
            ("token", "revoke", "alice", "--all"),
            ("token", "make", "alice", "logger"),
            ("user", "password", "alice", "--generate"),
            ("user", "invite"),
            ("user", "remove", "alice"),
        ):
            assert run(*command).code == 0
        trail = login("owner").execute("SELECT event, actor, subject, detail FROM audit_trail ORDER BY id")
        assert trail.fetchall() == [
            ("user added", None, "alice", "user"),
            ("password changed", None, "alice", ""),
            ("token made", None, "alice", "logger"),
            ("token revoked", None, "alice", "all 1"),
            ("token made", None, "alice", "logger"),
            ("password changed", None, "alice", ""),
            ("token revoked", None, "alice", "all 1"),
            ("invitation made", None, None, "user, 7 days"),
            ("user removed", None, "alice", "user"),
        ]

    def test_roles_offered_are_those_of_the_schema(self) -> None:
        assert get_args(UserRole) == cli.ROLES


class TestSettings:
    def test_shows_what_is_in_force_with_defaults(self, run: Run, settings: Path) -> None:
        outcome = run("settings")
        assert outcome.code == 0
        shown = json.loads(outcome.out)
        assert shown["scraper"]["callsign"] == "N0CALL-1"
        assert shown["scraper"]["silence_seconds"] == 180

    def test_refuses_a_wrong_file(self, run: Run, settings: Path) -> None:
        settings.write_text(settings.read_text().replace("7300", "73000"))
        outcome = run("settings")
        assert outcome.code == 2
        assert "scraper.nodes[0].port" in outcome.err
        assert is_one_sentence(outcome.err)
