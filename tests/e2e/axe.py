"""axe-core on a page, in a world of its own: the page and its policy stay as they are."""

import json
from pathlib import Path
from typing import Any

from playwright.sync_api import CDPSession, Page

SOURCE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
WCAG_2_2_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


class World:
    """Scripts beside those of the page that see the same document; over when the page goes elsewhere."""

    def __init__(self, page: Page) -> None:
        self._session: CDPSession = page.context.new_cdp_session(page)
        frame = self._session.send("Page.getFrameTree")["frameTree"]["frame"]["id"]
        world = self._session.send("Page.createIsolatedWorld", {"frameId": frame, "worldName": "tests"})
        self._id = world["executionContextId"]

    def run(self, expression: str) -> Any:
        answer = self._session.send(
            "Runtime.evaluate",
            {"expression": expression, "contextId": self._id, "awaitPromise": True, "returnByValue": True},
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")


def violations(page: Page) -> list[str]:
    """A line for each element that breaks a rule of WCAG 2.2 AA: rule, element, why."""
    world = World(page)
    world.run(SOURCE.read_text())
    options = {"runOnly": WCAG_2_2_AA, "resultTypes": ["violations"]}
    found = world.run(f"axe.run(document, {json.dumps(options)}).then((result) => result.violations)")
    return [
        f"{rule['id']}: {node['target'][0]}: {' '.join(node['failureSummary'].split())}"
        for rule in found
        for node in rule["nodes"]
    ]
