"""The command line: `serve` runs a node, `tell` directs a running one."""

import argparse
import asyncio
import contextlib
import json
import logging
import math
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, NoReturn

from simulator.control import COMMANDS, ControlError, listen, tell
from simulator.dialects import DIALECTS
from simulator.faults import FOR_A_TIME, KINDS, Fault, read_number
from simulator.feeds import Feed, Invented, Replay
from simulator.lines import is_callsign
from simulator.node import Node
from simulator.traffic import Traffic

_EXAMPLES = """\
examples:
  python -m simulator serve
      a DXSpider node on 127.0.0.1:7300, two invented spots a second
  python -m simulator serve --dialect rbn --listen 0.0.0.0:7000 --rate 50 --seed 7
      a skimmer network, reachable from other machines
  python -m simulator serve --replay spots.tsv --speed 60
      an hour of recorded lines in a minute, stamped with the present time
  python -m simulator tell spot "F5AAA 29600.0 K1ABC FM big signal"
      send this spot to everybody who is logged in
  python -m simulator tell misbehave close:3
      end each session after three seconds; `tell misbehave none` stops that
"""


_FAREWELL_SECONDS = 3.0


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"simulator: {message} (see `python -m simulator --help`)\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; 0, or 2 after one sentence on stderr."""
    options = _parser().parse_args(arguments)
    try:
        if options.action == "tell":
            answer = tell(options.control, options.command, getattr(options, "value", ""))
            print(json.dumps(answer))
        else:
            asyncio.run(_serve(options))
    except (ControlError, ValueError, OSError) as error:
        print(f"simulator: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m simulator",
        description="A simulated DX cluster node.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="serve|tell")
    _add_serve(actions)
    _add_tell(actions)
    return parser


def _add_serve(actions: "argparse._SubParsersAction[_Parser]") -> None:
    kinds = "\n".join(f"  {kind:<13} {text}" for kind, text in KINDS.items()) + f"\n\n  {FOR_A_TIME}"
    serve = actions.add_parser(
        "serve",
        help="run a node",
        epilog=f"ways to misbehave:\n{kinds}\n\n{_EXAMPLES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = serve.add_argument
    add(
        "--listen",
        type=_address,
        default="127.0.0.1:7300",
        metavar="HOST:PORT",
        help="default %(default)s; port 0 takes a free one",
    )
    add(
        "--control",
        type=_address,
        default="127.0.0.1:7399",
        metavar="HOST:PORT",
        help="where `tell` reaches it, default %(default)s",
    )
    add("--dialect", choices=sorted(DIALECTS), default="dxspider", help="default %(default)s")
    add("--call", type=_callsign, metavar="NODECALL", help="the node's own callsign")
    add("--password", default="", metavar="PW", help="ask everybody for this password")
    add(
        "--seed",
        type=int,
        default=1,
        metavar="N",
        help="the same seed invents the same traffic, default %(default)s",
    )
    add(
        "--rate",
        type=_number,
        default=2.0,
        metavar="SPOTS_PER_S",
        help="spots a second on average, default %(default)s",
    )
    add("--replay", type=Path, metavar="FILE", help="send recorded lines instead: `Unix time TAB line` each")
    add(
        "--speed",
        type=_speed,
        default=1.0,
        metavar="X",
        help="speed of the replay; `max` is as fast as the clients read",
    )
    add("--keep-time", action="store_true", help="leave HHMMZ in replayed lines as recorded")
    add(
        "--nonstop",
        action="store_true",
        help="go on while nobody is logged in, so that `sh/dx` knows what was missed",
    )
    add(
        "--solar-every",
        type=_number,
        default=3600.0,
        metavar="S",
        help="seconds between WWV and WCY bulletins, 0 for none, default %(default)s",
    )
    add("--misbehave", type=_fault, default=Fault(), metavar="KIND", help="see below")
    add(
        "--sent-log",
        type=Path,
        metavar="FILE",
        help="write each spot line that a socket has taken: `Unix time TAB line`",
    )
    add(
        "--made-log",
        type=Path,
        metavar="FILE",
        help="write each spot once when it goes on the air, whether or not anybody listens",
    )


def _add_tell(actions: "argparse._SubParsersAction[_Parser]") -> None:
    told = actions.add_parser(
        "tell",
        help="direct a running node",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    told.add_argument(
        "--control", type=_address, default="127.0.0.1:7399", metavar="HOST:PORT", help="default %(default)s"
    )
    commands = told.add_subparsers(dest="command", required=True, metavar="|".join(COMMANDS))
    for name, (value, text) in COMMANDS.items():
        command = commands.add_parser(name, help=text, description=text)
        if value:
            command.add_argument("value", metavar=value)


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT")
    return host.strip("[]"), int(port)


def _callsign(text: str) -> str:
    if not is_callsign(text.upper()):
        raise argparse.ArgumentTypeError(f"{text!r} is not a callsign")
    return text.upper()


def _number(text: str) -> float:
    try:
        return read_number(text, "it")
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _speed(text: str) -> float:
    return math.inf if text == "max" else _number(text)


def _fault(text: str) -> Fault:
    try:
        return Fault.read(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


async def _serve(options: argparse.Namespace) -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    dialect = DIALECTS[options.dialect]
    feed: Feed
    if options.replay:
        feed = Replay(options.replay, options.speed, options.keep_time)
    else:
        traffic = Traffic(options.seed, dialect.machine_share, dialect.machine_comment)
        feed = Invented(traffic, options.rate)
    with contextlib.ExitStack() as stack:

        def log(path: Path | None) -> BinaryIO | None:
            return stack.enter_context(open(path, "ab", buffering=0)) if path else None

        node = Node(
            dialect,
            feed,
            call=options.call or dialect.node,
            password=options.password,
            seed=options.seed,
            nonstop=options.nonstop,
            solar_every=options.solar_every,
            sent_log=log(options.sent_log),
            made_log=log(options.made_log),
        )
        await _run(node, options)


async def _run(node: Node, options: argparse.Namespace) -> None:
    node.misbehave(options.misbehave)
    server = await asyncio.start_server(node.welcome, *options.listen)
    control = await listen(node, *options.control)
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    print(
        f"{node.call} ({node.dialect.name}) listens on {_name(server)}, takes orders on {_name(control)}",
        flush=True,
    )
    on_air = asyncio.create_task(node.on_air())
    waiting = asyncio.create_task(stopped.wait())
    await asyncio.wait({on_air, waiting}, return_when=asyncio.FIRST_COMPLETED)
    if on_air.done():
        on_air.result()
    server.close()
    node.drop(f"{node.call} shutting down...")
    on_air.cancel()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_FAREWELL_SECONDS):
            while node.sessions:
                await asyncio.sleep(0.01)


def _name(server: asyncio.Server) -> str:
    host, port = server.sockets[0].getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
