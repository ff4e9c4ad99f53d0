"""The command line: help that helps, and one sentence and exit code 2 for bad input."""

import json
from collections.abc import Callable

import pytest
from running_node import RunningNode, simulator

from simulator.cli import main


@pytest.mark.parametrize("arguments", [["--help"], ["serve", "--help"], ["tell", "--help"]])
def test_help_shows_examples(arguments: list[str]) -> None:
    done = simulator(*arguments)
    assert done.returncode == 0
    assert "python -m simulator tell spot" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ([], "serve|tell"),
        (["sing"], "sing"),
        (["serve", "--rate", "fast"], "'fast'"),
        (["serve", "--rate", "-1"], "-1"),
        (["serve", "--rate", "nan"], "nan"),
        (["serve", "--listen", "7300"], "'7300' is not HOST:PORT"),
        (["serve", "--listen", "127.0.0.1:70000"], "70000"),
        (["serve", "--dialect", "packet"], "packet"),
        (["serve", "--call", "HELLO"], "'HELLO' is not a callsign"),
        (["serve", "--misbehave", "rudely"], "'rudely'"),
        (["serve", "--misbehave", "close:soon"], "soon"),
        (["serve", "--misbehave", "refuse:maybe"], "maybe"),
        (["serve", "--misbehave", "silent:3"], "takes no value"),
        (["serve", "--misbehave", "silent@soon"], "the seconds after @"),
        (["serve", "--replay", "/does/not/exist"], "/does/not/exist"),
        (["serve", "--sent-log", "/does/not/exist"], "/does/not/exist"),
        (["serve", "--listen", "192.0.2.1:7300"], "192.0.2.1"),
        (["tell", "sing"], "sing"),
        (["tell", "spot"], "TEXT"),
        (["tell", "--control", "127.0.0.1:9", "counts"], "127.0.0.1:9"),
    ],
)
def test_bad_input_is_one_sentence(
    capsys: pytest.CaptureFixture[str], arguments: list[str], named: str
) -> None:
    try:
        code = main(arguments)
    except SystemExit as stop:
        code = int(str(stop.code))
    said = capsys.readouterr().err
    assert code == 2
    assert said.startswith("simulator: ")
    assert named in said
    assert len(said.splitlines()) == 1


def test_a_damaged_recording_is_named_with_its_line(tmp_path: object) -> None:
    damaged = f"{tmp_path}/damaged.tsv"
    with open(damaged, "w") as file:
        file.write("1772323200\tDX de F5AAA:     14025.0  K1ABC\nno time here\n")
    done = simulator("serve", "--replay", damaged)
    assert done.returncode == 2
    assert f"{damaged}, line 2" in done.stderr


def test_tell_waits_for_the_answer_and_prints_it(node: Callable[..., RunningNode]) -> None:
    running = node()
    client = running.client().log_in()
    done = simulator("tell", "--control", running.control, "spot", "F5AAA 29600.0 K1ABC FM big signal")
    assert (done.returncode, json.loads(done.stdout)) == (0, {"sessions": 1})
    client.until("FM big signal")
    done = simulator("tell", "--control", running.control, "counts")
    assert json.loads(done.stdout)["logged_in"] == ["W1HKJ"]


@pytest.mark.parametrize(
    ("command", "value", "named"),
    [
        ("spot", "F5AAA 14025.0", "SPOTTER KHZ DX"),
        ("spot", "HELLO 14025.0 K1ABC", "'HELLO' is not a callsign"),
        ("spot", "F5AAA twenty K1ABC", "'twenty' is not a frequency"),
        ("rate", "lots", "lots"),
        ("rate", "inf", "inf"),
        ("misbehave", "rudely", "'rudely'"),
        ("sing", "", "'sing'"),
    ],
)
def test_the_node_refuses_nonsense_in_a_sentence(
    quiet: RunningNode, command: str, value: str, named: str
) -> None:
    answer = quiet.tell(command, value)
    assert answer["ok"] is False
    assert named in str(answer["error"])
