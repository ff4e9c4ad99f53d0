"""What the first page costs over a slow line, from the real nginx."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

Open = Callable[..., BrowserContext]

BYTES = 100_000
REQUESTS = 5
DEPTH = 2
PAINTED_MS = 1_000
# Lighthouse's slow 4G. Chromium delays each answer by the latency, and not the handshakes before the first.
SLOW_4G = {"offline": False, "latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 750e3 / 8}


class Wire:
    """What a page asks for: by address its bytes, headers included, and who asked for it."""

    def __init__(self, page: Page) -> None:
        self.bytes: dict[str, int] = {}
        self.asked_by: dict[str, str] = {}
        self._address: dict[str, str] = {}
        session = page.context.new_cdp_session(page)
        session.on("Network.requestWillBeSent", self._ask)
        session.on("Network.responseReceived", self._begin)
        session.on("Network.dataReceived", self._go_on)
        session.send("Network.enable")
        session.send("Network.emulateNetworkConditions", SLOW_4G)

    def depth(self, address: str) -> int:
        """How many answers it had to wait for."""
        return 1 + self.depth(self.asked_by[address]) if address in self.asked_by else 0

    def _ask(self, event: dict[str, Any]) -> None:
        address = event["request"]["url"]
        self._address[event["requestId"]] = address
        frames = event["initiator"].get("stack", {}).get("callFrames", [])
        by = event["initiator"].get("url") or (frames[0]["url"] if frames else event["documentURL"])
        if by != address:
            self.asked_by[address] = by

    def _begin(self, event: dict[str, Any]) -> None:
        if not event["response"].get("fromDiskCache"):
            self._add(event["requestId"], event["response"]["encodedDataLength"])

    def _go_on(self, event: dict[str, Any]) -> None:
        self._add(event["requestId"], event["encodedDataLength"])

    def _add(self, request: str, length: int) -> None:
        address = self._address[request]
        self.bytes[address] = self.bytes.get(address, 0) + length


@pytest.mark.parametrize(("path", "by"), [("/", "maya"), ("/sign-in", None)])
def test_the_first_page_is_small_and_soon_there(
    open_browser: Open, signed_in: Callable[[str], Any], history: None, path: str, by: str | None
) -> None:
    painted = []
    for _ in range(3):
        state = {"storage_state": signed_in(by)} if by else {}
        page = open_browser(viewport={"width": 390, "height": 844}, **state).new_page()
        wire = Wire(page)
        page.goto(path)
        page.wait_for_timeout(1_000)  # what the stream tells whoever comes counts too
        painted.append(page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"))
        page.close()
    print(f"{path}: {sum(wire.bytes.values()):,} bytes, {wire.bytes}; painted after {painted} ms")
    assert sum(wire.bytes.values()) <= BYTES
    assert len(wire.bytes) <= REQUESTS
    assert max(map(wire.depth, wire.bytes)) <= DEPTH
    # Whatever else the machine does makes it later, and nothing makes it sooner.
    assert min(painted) < PAINTED_MS
