"""What differs between DXSpider, CC Cluster, AR-Cluster and the Reverse Beacon Network."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from simulator.comments import cc_comment, rbn_comment, spider_comment
from simulator.lines import (
    Spot,
    cc11_line,
    cc11_line_of_cc_cluster,
    date,
    hour_minute,
    spot_line,
    spot_line_with_grids,
    spot_line_with_zones,
)
from simulator.places import Place


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one kind of node talks.

    `greeting` comes before `login`, which is the prompt without newline; texts know {call} and {node}. A
    cluster has history, bulletins and chatter; a skimmer network has only spots. `formats` are by the command
    that chooses them.
    """

    name: str
    node: str
    greeting: tuple[str, ...]
    login: str
    welcome: tuple[str, ...]
    prompt_tail: str
    is_cluster: bool
    bells: str
    machine_share: float
    machine_comment: Callable[[random.Random, str, Place], str]
    formats: dict[str, Callable[[Spot, str], str]]
    prompt_has_year: bool = True

    def prompt(self, call: str, node: str, time: float) -> str:
        day = date(time).strip() if self.prompt_has_year else date(time).strip()[:-5]
        return f"{call} de {node} {day} {hour_minute(time)} {self.prompt_tail}"


def _plain(spot: Spot, node: str) -> str:
    return spot_line(spot)


DIALECTS = {
    dialect.name: dialect
    for dialect in (
        Dialect(
            name="dxspider",
            node="GB7TST-2",
            greeting=(),
            login="login: ",
            welcome=(
                "Hello {call}, this is {node} in Testbury",
                "running DXSpider V1.57 build 561",
                "",
                "This is a simulated node: every station you see here is invented.",
                "Type help for help, bye to leave.",
            ),
            prompt_tail="dxspider >",
            is_cluster=True,
            bells="\a\a",
            machine_share=0.3,
            machine_comment=spider_comment,
            formats={
                "": _plain,
                "set/dxcq": lambda spot, node: spot_line_with_zones(spot),
                "set/dxgrid": lambda spot, node: spot_line_with_grids(spot),
                "set/ve7cc": cc11_line,
            },
        ),
        Dialect(
            name="cccluster",
            node="AE5E",
            greeting=(
                "Greetings from the {node} cluster.",
                "",
                "Running CC Cluster software version 3.391",
                "",
                "Please login with a callsign indicating your correct country",
                "Portable calls are usually ok.",
                "",
            ),
            login="Please enter your call: ",
            welcome=(
                "Hello {call}",
                "This is a simulated node: every station you see here is invented.",
            ),
            prompt_tail="  CCC >",
            is_cluster=True,
            bells="\a\a",
            machine_share=0.3,
            machine_comment=cc_comment,
            formats={
                "": _plain,
                "set/ve7cc": cc11_line_of_cc_cluster,
            },
        ),
        Dialect(
            name="arcluster",
            node="AB5K-3",
            greeting=("Welcome to the {node} AR-Cluster node Telnet port!",),
            login="Please enter your call:",
            welcome=(
                "Hello {call}",
                "Welcome to the {node} AR-Cluster Node",
                "This is a simulated node: every station you see here is invented.",
            ),
            prompt_tail="arc>",
            is_cluster=True,
            bells="\a\a",
            machine_share=0.3,
            machine_comment=cc_comment,
            formats={"": _plain},
            prompt_has_year=False,
        ),
        Dialect(
            name="rbn",
            node="RELAY",
            greeting=(),
            login="Please enter your call: ",
            welcome=(
                "Hello, {call}! Connected.",
                "This is a simulated relay: every station you see here is invented.",
            ),
            prompt_tail=">",
            is_cluster=False,
            bells="",
            machine_share=1.0,
            machine_comment=rbn_comment,
            formats={"": _plain},
        ),
    )
}
