"""How fast lines become spots: parse and enrich, on one core."""

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from spotkeeper.spots.countries import Countries
from spotkeeper.spots.parse import parse

COUNTRY_FILE = Path("/usr/share/hamradio-files/cty.csv")
ROUNDS = 5


class Rates(NamedTuple):
    """Lines a second of the processor's time, the best of several rounds.

    `json` is `json.loads` of the same lines as strings, to compare machines by.
    """

    parse: float
    enrich: float
    json: float


def parsing(lines: Sequence[bytes]) -> Rates:
    now = time.time()
    text = COUNTRY_FILE.read_text()
    quoted = [json.dumps(line.decode("latin-1")) for line in lines]
    rates = []
    for _ in range(ROUNDS):
        # Read anew: no place is known from the round before.
        countries = Countries(text)
        rates.append(
            Rates(
                _rate(lambda line: parse(line, now), lines),
                _rate(lambda line, countries=countries: parse(line, now, countries), lines),
                _rate(json.loads, quoted),
            )
        )
    return Rates(*map(max, zip(*rates, strict=True)))


def _rate(task: Callable[..., object], lines: Sequence[object]) -> float:
    start = time.thread_time()
    for line in lines:
        task(line)
    return len(lines) / (time.thread_time() - start)
