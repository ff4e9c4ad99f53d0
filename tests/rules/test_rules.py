"""The alert rules by promtool, and that each rule is whole and has its test."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
RULES = sorted((ROOT / "prometheus" / "rules").glob("*.rules.yml"))
TESTS = sorted(Path(__file__).parent.glob("*.test.yml"))


def alerts(path: Path) -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(path.read_text())["groups"] for rule in group["rules"]]


def promtool(*arguments: str | Path) -> str:
    command = ["promtool", *map(str, arguments)]
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_promtool_accepts_the_settings_and_the_rules() -> None:
    assert "SUCCESS" in promtool("check", "config", "--syntax-only", ROOT / "prometheus" / "prometheus.yml")
    promtool("check", "rules", *RULES)


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.name)
def test_each_alert_is_silent_before_and_fires_after(path: Path) -> None:
    promtool("test", "rules", path)


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.name)
def test_each_alert_says_how_long_how_bad_what_and_what_to_do(path: Path) -> None:
    for alert in alerts(path):
        assert alert["for"], alert["alert"]
        assert alert["labels"]["severity"] in ("critical", "warning"), alert["alert"]
        assert alert["annotations"]["summary"].endswith((".", "!")), alert["alert"]
        assert len(alert["annotations"]["description"]) > 40, alert["alert"]


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.name)
def test_each_alert_has_its_promtool_test(path: Path) -> None:
    of_path = Path(__file__).with_name(path.name.replace(".rules.", ".test."))
    steps = [
        step for test in yaml.safe_load(of_path.read_text())["tests"] for step in test["promql_expr_test"]
    ]
    for alert in alerts(path):
        name = alert["alert"]
        about = [step["exp_samples"] for step in steps if f'alertname="{name}"' in step["expr"]]
        assert [] in about, f"{name}: nothing shows it silent"
        assert any(about), f"{name}: nothing shows it firing"
