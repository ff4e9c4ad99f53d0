"""docs/reliability.md, from what was measured."""

import textwrap
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from tests.faults.faults import FAULTS, Fault
from tests.faults.measure import Figures
from tests.faults.pace import FACTOR, Pace

ROOT = Path(__file__).parents[2]
PAGE = "docs/reliability.md"
KEPT = ROOT / "build" / "faults"

HEAD = """\
# What becomes of the spots when something fails

Written by `make test-faults` from what it measured ({days}); not to be edited by hand.

The real process `spotkeeper scrape` collects from three simulated nodes, which send 50 spots a second
together, into a PostgreSQL of its own. The nodes never send the same spot twice, and each keeps a log of
the spots it made and of those that a socket took from it; the logs are compared with the table `spots`
after each fault. Wanted: nothing lost, nothing doubled, and spots flow again within the deadline.

- **made**: spots the nodes had on the air, heard or not.
- **sent**: those of them that the node's kernel took for the scraper. It says nothing of their arrival: on
  a dead link they are sent and never come.
- **stored**: rows in the database. More than were sent, where `sh/dx` told of spots that were made while no
  session was.
- **lost**: sent, and neither stored nor kept beside with the reason of PostgreSQL's refusal.
- **doubled**: rows of a report beyond its first, also under another date or another kHz.
- **by sh/dx**: those of the sent ones that did not come live, and that the question for history after the
  next log-in brought.
- **missed**: made, and neither sent nor stored: what nobody sent us and `sh/dx` no longer told. A node
  tells a limited number of past spots, and here it makes them hundreds of times as fast as a node of
  human spots does.
- **flow again**: from the end of the fault to the commit of the first live spot that was sent after it, at
  the slowest of the nodes concerned; **deadline**: the longest it may take by the scraper's own waits, and
  10 s for a busy machine.

| fault | made | sent | stored | lost | doubled | by sh/dx | missed | flow again, s | deadline, s | seen |
|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|
"""

TAIL = """
## What cannot be avoided

What arrived at the machine and was not yet handed to the scraper when it was killed, or when a node's reset
threw it away, is gone from the machine for good; so is what a node sent into a dead link. `sh/dx` after the
next log-in brings it back as far as the node's own memory reaches: the column *by sh/dx* counts exactly
these. A node that keeps no history (RBN) cannot repair anything.

A reboot of the host is not measured here: `make test-molecule` reboots a whole station on a test host
between two runs of `tests/host`, which show that the services come back by themselves, that spots flow
again and each is stored once. *Power cut* above is its hard form, without the machine.

## The faults

The short form of the same tests, with everything {factor} times shorter, is a part of `make test`.

"""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One fault's, as it is kept between runs; `day` is when it was measured."""

    figures: Figures
    deadline: float
    notes: list[str]
    day: str


def keep(fault: Fault, pace: Pace, figures: Figures, notes: list[str]) -> None:
    """In a file of its own, so that one fault can be measured anew alone."""
    result = Result(
        figures=figures, deadline=fault.deadline(pace), notes=notes, day=f"{datetime.now(UTC):%Y-%m-%d}"
    )
    print(result)
    folder = KEPT / ("full" if pace.full else "short")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{fault.name}.json").write_bytes(msgspec.json.encode(result))


def write() -> None:
    """The page, from what the full form has measured; a fault that was not measured has no row."""
    results = {
        fault: msgspec.json.decode(path.read_bytes(), type=Result)
        for fault in FAULTS
        if (path := KEPT / "full" / f"{fault.name}.json").exists()
    }
    days = sorted({result.day for result in results.values()})
    page = HEAD.format(days=" and ".join(dict.fromkeys((days[0], days[-1]))))
    page += "".join(f"{_row(fault, result)}\n" for fault, result in results.items())
    page += f"| host reboot |{' – |' * 9} on a test host, see below |\n"
    page += TAIL.format(factor=FACTOR)
    page += "".join(f"{_paragraph(fault)}\n" for fault in results)
    (ROOT / PAGE).write_text(page)


def _paragraph(fault: Fault) -> str:
    text = f"- **{fault.title}**: {fault.text}"
    return textwrap.fill(text, 108, subsequent_indent="  ", break_on_hyphens=False, break_long_words=False)


def _row(fault: Fault, result: Result) -> str:
    figures = result.figures
    counts = (
        figures.made, figures.sent, figures.stored, figures.lost, figures.doubled, figures.recovered,
        figures.missed,
    )  # fmt: skip
    again = "never" if figures.again is None else f"{figures.again:.1f}"
    cells = [
        fault.title, *(f"{count:,}" for count in counts), again, f"{result.deadline:.0f}",
        "; ".join(result.notes),
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"
