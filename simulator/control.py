"""Telling a running node what to do: one JSON object a line, one JSON object as the answer.

A request is `{"command": "rate", "value": "50"}`; an answer holds `ok`, and a sentence in `error`.
"""

import asyncio
import json
import socket
import time

from simulator.faults import Fault, read_number
from simulator.lines import read_spot
from simulator.node import Node

COMMANDS = {
    "spot": ("TEXT", "send a spot: SPOTTER KHZ DX [COMMENT]"),
    "line": ("TEXT", "send a raw line as it is"),
    "rate": ("NUMBER", "spots a second from now on (for a replay: its speed)"),
    "misbehave": ("KIND", "misbehave from now on, as serve --misbehave"),
    "drop": ("", "end all sessions"),
    "counts": ("", "print what the node did since it started"),
}
_ANSWER_SECONDS = 10.0


class ControlError(Exception):
    """The node refused or could not be reached; the text is a sentence."""


async def listen(node: Node, host: str, port: int) -> asyncio.Server:
    """Starts to take requests for this node."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                writer.write(json.dumps(_answer(node, line)).encode() + b"\n")
                await writer.drain()
        except (ConnectionError, ValueError):
            pass
        finally:
            writer.close()

    return await asyncio.start_server(serve, host, port)


def _answer(node: Node, line: bytes) -> dict[str, object]:
    try:
        request = json.loads(line)
        command, value = request["command"], str(request.get("value", ""))
    except (ValueError, TypeError, KeyError, AttributeError):
        return {"ok": False, "error": 'a request is {"command": NAME, "value": TEXT}'}
    try:
        return {"ok": True} | _obey(node, command, value)
    except ValueError as error:
        return {"ok": False, "error": str(error)}


def _obey(node: Node, command: str, value: str) -> dict[str, object]:
    match command:
        case "spot":
            return {"sessions": node.publish([read_spot(value, int(time.time()))])}
        case "line":
            return {"sessions": node.publish([value.encode("utf-8", "surrogateescape")])}
        case "rate":
            node.feed.rate = read_number(value, "rate")
            return {"rate": node.feed.rate}
        case "misbehave":
            node.misbehave(Fault.read(value))
            return {"misbehave": str(node.fault)}
        case "drop":
            return {"sessions": node.drop()}
        case "counts":
            return node.counts()
    raise ValueError(f"command {command!r} is not one of {', '.join(COMMANDS)}")


def tell(address: tuple[str, int], command: str, value: str) -> dict[str, object]:
    """Sends one request and waits for its answer. Raises ControlError."""
    try:
        with socket.create_connection(address, timeout=_ANSWER_SECONDS) as connection:
            connection.sendall(json.dumps({"command": command, "value": value}).encode() + b"\n")
            with connection.makefile("rb") as answers:
                answer: dict[str, object] = json.loads(answers.readline())
    except (OSError, ValueError) as error:
        raise ControlError(
            f"no answer from a simulated node's control at {address[0]}:{address[1]}: {error}"
        ) from error
    if not answer.pop("ok"):
        raise ControlError(str(answer["error"]))
    return answer
