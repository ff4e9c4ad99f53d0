"""The commands of a client, read."""

import re
from typing import Literal, NamedTuple

Name = Literal["show dx", "show wwv", "ve7cc", "dx", "skimmer", "bye", "nothing", "unknown"]

_SHOW = re.compile(r"sho?w?/(dx|wwv)(?:[/ ]+(.*))?", re.IGNORECASE)
_SET = re.compile(r"(un)?set?/(no)?(ve7cc|dx|skimmer)", re.IGNORECASE)
_BYE = ("b", "bye", "q", "quit", "exit")


class Command(NamedTuple):
    """`arguments` are those of a question; `on` is what a flag is set to."""

    name: Name
    arguments: str = ""
    on: bool = True


def read(line: str) -> Command:
    """Of a line without its end. What is not known is "unknown"."""
    line = " ".join(line.split())
    if not line:
        return Command("nothing")
    if line.lower() in _BYE:
        return Command("bye")
    if found := _SHOW.fullmatch(line):
        return Command("show dx" if found[1].lower() == "dx" else "show wwv", found[2] or "")
    if found := _SET.fullmatch(line):
        flags: dict[str, Name] = {"ve7cc": "ve7cc", "dx": "dx", "skimmer": "skimmer"}
        return Command(flags[found[3].lower()], on=not (found[1] or found[2]))
    return Command("unknown")
