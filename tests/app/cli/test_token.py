"""`spotkeeper token`, as the owner uses it."""

import re
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from spotkeeper import cli, tokens
from spotkeeper.db import tokens as table
from spotkeeper.db.connection import Connection

from tests.app.cli.test_cli import SETTINGS, Outcome, is_one_sentence

Run = Callable[..., Outcome]


@pytest.fixture
def run(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """`spotkeeper ARGUMENTS` at a station with the user paul."""
    file = tmp_path / "spotkeeper.toml"
    file.write_text(SETTINGS.format(conninfo=database))

    def run(*arguments: str) -> Outcome:
        monkeypatch.setattr(sys, "stdin", StringIO())
        with pytest.raises(SystemExit) as exit:
            cli.main(["--settings", str(file), *arguments])
        printed = capsys.readouterr()
        return Outcome(exit.value.code if isinstance(exit.value.code, int) else 0, printed.out, printed.err)

    assert run("user", "add", "paul", "--generate").code == 0
    return run


def made(outcome: Outcome) -> str:
    """The token, which is all of standard output."""
    assert outcome.code == 0
    assert tokens.TOKEN.fullmatch(outcome.out.removesuffix("\n"))
    return outcome.out.removesuffix("\n")


def test_make_list_revoke(run: Run, login: Callable[[str], Connection]) -> None:
    dashboard = login("dashboard")
    outcome = run("token", "make", "paul", "logger", "--days", "30")
    assert outcome.err == "logger may read spots and sums and follow spots live\n"
    reader = made(run("token", "make", "paul", "widget", "--scope", "read"))
    found = table.find(dashboard, tokens.digest(made(outcome)))
    assert found and found.scopes == {"read", "stream"}
    listed = run("token", "list", "paul").out.splitlines()
    assert [line.split()[:3] for line in listed] == [
        ["paul", "logger", "read,stream"],
        ["paul", "widget", "read"],
    ]
    assert re.search(r"never used +until [0-9-]{10}$", listed[0])
    assert listed[1].endswith("never used")
    assert run("token", "list").out.splitlines() == listed
    assert run("token", "revoke", "paul", "widget") == (0, "", "widget of paul is revoked\n")
    assert table.find(dashboard, tokens.digest(reader)) is None
    assert run("token", "revoke", "paul", "--all") == (0, "", "all tokens of paul are revoked\n")
    assert run("token", "list").out == ""
    assert table.find(dashboard, tokens.digest(made(outcome))) is None


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["make", "nobody", "x"], "there is no user nobody"),
        (["make", "paul", "taken"], "paul has a token taken already"),
        (["make", "paul", " "], "A token's name has 1 to 60 characters, all of them printable"),
        (["make", "paul", "a\nb"], "A token's name has 1 to 60 characters, all of them printable"),
        (["make", "paul", "x", "--scope", "write"], "Invalid value for '--scope': 'write' is not one of"),
        (["make", "paul", "x", "--days", "0"], "Invalid value for '--days': 0 is not in the range"),
        (["revoke", "paul", "x"], "paul has no token x"),
        (["revoke", "nobody", "--all"], "nobody has no tokens"),
        (["revoke", "paul"], "Give either the token's NAME or --all"),
        (["revoke", "paul", "taken", "--all"], "Give either the token's NAME or --all"),
    ],
)
def test_what_cannot_be(run: Run, arguments: list[str], sentence: str) -> None:
    made(run("token", "make", "paul", "taken"))
    before = run("token", "list").out
    outcome = run("token", *arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert sentence in outcome.err
    assert is_one_sentence(outcome.err)
    assert run("token", "list").out == before


def test_they_go_with_their_user(run: Run) -> None:
    made(run("token", "make", "paul", "logger"))
    run("user", "remove", "paul")
    assert run("token", "list").out == ""
