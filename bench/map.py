"""Frames a second of the map in Chromium that draws without a GPU, with 2,000 paths on it.

    pg_virtualenv -t python -m bench.map [PATHS]

The station is the whole one, on loopback; what the map is told of the last 24 hours is invented here: in
each hour as many paths all over the earth, no two alike, heard all the time. Frames are those that the
browser asks the page for, while the map is drawn anew for each of them: because the last 24 hours are played,
because it is dragged, and because somebody zooms. Before that it follows the simulator's spots, two a second.
"""

import random
import re
import statistics
import sys
import tempfile
from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Route, sync_playwright

from tests.support.stack import Stack

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
PASSWORD = "a long enough one"
SECONDS = 6
BANDS = ("160m", "80m", "40m", "30m", "20m", "17m", "15m", "12m", "10m", "6m")

_COUNT = """() => {
    window.noted = [];
    const note = (time) => { window.noted.push(time); window.counting = requestAnimationFrame(note); };
    window.counting = requestAnimationFrame(note);
}"""
_COUNTED = "() => { cancelAnimationFrame(window.counting); return window.noted; }"


def told_of_an_hour(hour: int, paths: int) -> dict[str, Any]:
    """As GET /map/paths tells it; `hour` in Unix seconds. The same paths in each hour."""
    draw = random.Random(1)
    calls = [f"XX{number}" for number in range(2 * paths)]
    every = range(paths)
    return {
        "hour": hour,
        "left_out": 0,
        "unplaced": [],
        "bands": BANDS,
        "modes": ["CW"],
        "stations": {
            "call": calls,
            "longitude": [round(draw.uniform(-180, 180), 2) for _ in calls],
            "latitude": [round(draw.triangular(-60, 75, 45), 2) for _ in calls],
            "by_grid": [draw.randrange(2) for _ in calls],
            "dxcc": [None for _ in calls],
        },
        "paths": {
            "dx": [*every],
            "spotter": [number + paths for number in every],
            "minute": [draw.randrange(60) for _ in every],
            "khz": [14025.0 for _ in every],
            "band": [draw.randrange(len(BANDS)) for _ in every],
            "mode": [0 for _ in every],
            "snr_db": [draw.randrange(40) for _ in every],
            "spots": [6 for _ in every],
            "of_people": [0 for _ in every],
            "slots": [63 for _ in every],
        },
    }


def frames(page: Page, work: Callable[[], None]) -> str:
    """What the rate was while `work` was done."""
    page.evaluate(_COUNT)
    work()
    times = page.evaluate(_COUNTED)
    gaps = [later - before for before, later in pairwise(times)]
    rate = 1000 * len(gaps) / (times[-1] - times[0])
    slow = statistics.quantiles(gaps, n=20)[-1]
    return f"{rate:.1f} frames/s, 19 of 20 within {slow:.0f} ms"


def busy(page: Page) -> str:
    """For how much of the time the page's thread works while nobody does anything."""
    browser = page.context.new_cdp_session(page)
    browser.send("Performance.enable")

    def worked() -> tuple[float, float]:
        values = {one["name"]: one["value"] for one in browser.send("Performance.getMetrics")["metrics"]}
        return values["Timestamp"], values["TaskDuration"]

    begun, before = worked()
    page.wait_for_timeout(1000 * SECONDS)
    ended, after = worked()
    return f"{100 * (after - before) / (ended - begun):.0f} % of the time"


def measure(page: Page) -> None:
    """Prints the rates."""
    canvas = page.get_by_role("application", name=re.compile(r"^Map. \d,\d{3} paths"))
    canvas.wait_for()
    page.wait_for_timeout(1000 * SECONDS)
    print(f"  following two spots a second, its thread works for {busy(page)}")
    box = canvas.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def play() -> None:
        page.get_by_role("button", name="Play").click()
        page.wait_for_timeout(1000 * SECONDS)
        page.get_by_role("button", name="Pause").click()

    def drag() -> None:
        page.mouse.move(x, y)
        page.mouse.down()
        for step in range(50 * SECONDS):
            page.mouse.move(x + step % 100 - 50, y + step % 60 - 30)
            page.wait_for_timeout(15)
        page.mouse.up()

    def zoom() -> None:
        page.mouse.move(x, y)
        for step in range(25 * SECONDS):
            page.mouse.wheel(0, -30 if step % 50 < 25 else 30)
            page.wait_for_timeout(30)

    print(f"  playing the last 24 hours: {frames(page, play)}")
    page.get_by_role("button", name="Now").click()
    for _ in range(3):
        page.get_by_role("button", name="Zoom in").click()
    print(f"  dragging:                  {frames(page, drag)}")
    page.get_by_role("button", name="Show the whole").click()
    print(f"  zooming:                   {frames(page, zoom)}")


def look(url: str, paths: int) -> None:
    """Opens the map of the station at `url` as a desk and as a phone see it."""

    def tell(route: Route) -> None:
        hour = route.request.url.partition("hour=")[2]
        seconds = datetime.fromisoformat(f"{hour}:00+00:00").timestamp()
        route.fulfill(json=told_of_an_hour(int(seconds), paths))

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for width, height, ratio in ((1440, 900, 1), (390, 844, 2)):
            page = browser.new_page(
                base_url=url,
                ignore_https_errors=True,
                viewport={"width": width, "height": height},
                device_scale_factor=ratio,
            )
            page.goto("/sign-in")
            page.get_by_label("Name").fill("bench")
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Sign in", exact=True).click()
            page.get_by_role("navigation", name="Pages").wait_for()
            page.route("**/map/paths*", tell)
            for view in ("azimuthal", "world"):
                page.goto(f"/map?grid=JN58&view={view}")
                print(f"{width}×{height}, {view}, {paths} paths:")
                measure(page)
            page.close()
        browser.close()


def main() -> None:
    paths = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    with tempfile.TemporaryDirectory() as folder:
        stack = Stack(Path(folder), node=["--rate", "2"])
        try:
            stack.start()
            stack.run("user", "add", "bench", "--password-stdin", text=PASSWORD + "\n")
            look(stack.url, paths)
        finally:
            stack.stop()


if __name__ == "__main__":
    main()
