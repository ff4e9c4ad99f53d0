"""Prometheus metrics on loopback."""

import os
import socket
import threading
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from prometheus_client import CollectorRegistry, ProcessCollector, make_wsgi_app

from spotkeeper.errors import OperatorError

CLIENT_SECONDS = 10


def registry() -> CollectorRegistry:
    """A fresh registry that already holds the figures of this process."""
    fresh = CollectorRegistry()
    ProcessCollector(registry=fresh)
    return fresh


def listen(port: int) -> socket.socket:
    """A socket on 127.0.0.1 for `serve`. Raises OperatorError when the port is taken."""
    try:
        return socket.create_server(("127.0.0.1", port))
    except OSError as error:
        # Without what Python adds to the words.
        reason = os.strerror(error.errno) if error.errno else error
        raise OperatorError(f"cannot serve metrics on 127.0.0.1:{port}: {reason}") from None


def serve(
    listening: socket.socket, registry: CollectorRegistry, status: Callable[[], bytes] | None = None
) -> None:
    """Answer GET /metrics, and /status with the JSON that `status` makes, from threads of its own."""
    address = listening.getsockname()
    server = _Server(address, _Handler, bind_and_activate=False)
    server.socket.close()
    server.socket = listening
    # Not by server_bind(), which asks the DNS for the name of this address.
    server.server_name, server.server_port = address
    server.setup_environ()
    server.set_app(_application(make_wsgi_app(registry), status))
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()


def _application(metrics: WSGIApplication, status: Callable[[], bytes] | None) -> WSGIApplication:
    def answer(environment: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        if status is None or environment["PATH_INFO"] != "/status":
            return metrics(environment, start)
        body = status()
        start("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    return answer


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Handler(WSGIRequestHandler):
    timeout = CLIENT_SECONDS

    def log_message(self, format: str, *args: Any) -> None:
        pass
