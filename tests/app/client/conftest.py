"""A station to ask: a Flask server on loopback that answers as the API does, and misbehaves on request."""

import json
import os
import queue
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response, request
from spotkeeper.client.wanted import matches
from werkzeug.serving import make_server

from tests.support.processes import HEEDS_CTRL_C

Spot = dict[str, Any]
TOKEN = "spk_" + "t" * 43
START = datetime(2026, 11, 26, 10, 0, tzinfo=UTC)


def a_spot(number: int, **values: Any) -> Spot:
    """A spot of its own minute and call; 10 m FM unless `values` say otherwise."""
    return {
        "id": f"{number:x}-0000000000000000",
        "time": (START + timedelta(minutes=number)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "dx": f"K{number}ABC",
        "spotter": "F5AAA",
        "frequency_khz": 29600.0,
        "band": "10m",
        "mode": "FM",
        "mode_source": "said",
        "source": "human",
        "snr_db": None,
        "wpm": None,
        "comment": "big signal",
        "distance_km": 6000,
        "dx_continent": "NA",
        "dx_dxcc": 291,
        "dx_grid": "FN31",
        "node": "demo",
        **values,
    }


class Station:
    """`spots` are what it holds, the newest first; `refusals` are answered first, one each request."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.spots: list[Spot] = []
        self.refusals: list[Response] = []
        self.stream_refusals: list[Response] = []
        self.page = 1000
        self.asked: list[dict[str, list[str]]] = []
        self.last_ids: list[str] = []
        self.streams: list[dict[str, list[str]]] = []
        self.on_stream: Callable[[], None] = lambda: None
        self._listeners: list[queue.Queue[str | None]] = []
        app = Flask("station")
        app.add_url_rule("/api/v1/spots", "spots", self._spots)
        app.add_url_rule("/api/v1/stream", "stream", self._stream)
        self._server = make_server("127.0.0.1", 0, app, threaded=True, ssl_context=context)
        self._server.daemon_threads = True  # type: ignore[attr-defined]
        scheme = "https" if context else "http"
        self.url = f"{scheme}://localhost:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.05], daemon=True)
        self._thread.start()

    def add(self, *spots: Spot) -> None:
        """Spots that come, without a word to those who listen."""
        self.spots = sorted([*spots, *self.spots], key=lambda spot: spot["time"], reverse=True)

    def publish(self, *spots: Spot) -> None:
        """Spots that come and are told."""
        self.add(*spots)
        for spot in spots:
            self.tell(f"id: {spot['id']}:0\nevent: spot\ndata: {json.dumps(spot)}\n\n")

    def tell(self, text: str) -> None:
        """Anything, to all who listen."""
        for listener in self._listeners:
            listener.put(text)

    def end_streams(self) -> None:
        for listener in self._listeners:
            listener.put(None)
        self._listeners.clear()

    def stop(self) -> None:
        self.end_streams()
        self._server.shutdown()
        self._server.server_close()

    def _spots(self) -> Response:
        query = request.args.to_dict(flat=False)
        self.asked.append(query)
        if self.refusals:
            return self.refusals.pop(0)
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return problem(401, "Sign in, or send a token.")
        wanted = {n: v for n, v in query.items() if n not in ("since", "until", "limit", "cursor")}
        found = [spot for spot in self.spots if matches(spot, wanted)]
        if "since" in query and "T" in query["since"][0]:
            found = [spot for spot in found if spot["time"] >= query["since"][0]]
        first = int(query.get("cursor", ["0"])[0])
        last = first + min(int(query["limit"][0]), self.page)
        following = str(last) if last < len(found) else None
        return Response(
            json.dumps({"spots": found[first:last], "next": following, "searched_to": None}),
            content_type="application/json",
        )

    def _stream(self) -> Response:
        if self.stream_refusals:
            return self.stream_refusals.pop(0)
        listener: queue.Queue[str | None] = queue.Queue()
        self._listeners.append(listener)
        self.last_ids.append(request.headers.get("Last-Event-ID", ""))
        self.streams.append(request.args.to_dict(flat=False))
        self.on_stream()

        def events() -> Iterator[str]:
            yield ": hi\n\n"
            while (text := listener.get()) is not None:
                yield text

        return Response(events(), content_type="text/event-stream; charset=utf-8")


def problem(status: int, detail: str, **headers: str) -> Response:
    body = json.dumps({"title": "No", "status": status, "detail": detail})
    return Response(body, status, headers, content_type="application/problem+json")


@pytest.fixture
def station() -> Iterator[Station]:
    station = Station()
    yield station
    station.stop()


class Client:
    """`spotkeeper spots ARGUMENTS` as a process of its own."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "spotkeeper", "spots", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*HEEDS_CTRL_C, sys.executable, "-m", "spotkeeper", "spots", *arguments],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


@pytest.fixture
def client(station: Station) -> Client:
    """Knows the station and its token."""
    kept = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    return Client(kept | {"SPOTKEEPER_SERVER": station.url, "SPOTKEEPER_TOKEN": TOKEN})


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    file = tmp_path / "token"
    file.write_text(TOKEN + "\n")
    return file
