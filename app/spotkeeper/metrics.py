"""Prometheus metrics on loopback."""

from prometheus_client import CollectorRegistry, ProcessCollector, start_http_server

from spotkeeper.errors import OperatorError


def registry() -> CollectorRegistry:
    """A fresh registry that already holds the figures of this process."""
    fresh = CollectorRegistry()
    ProcessCollector(registry=fresh)
    return fresh


def serve(registry: CollectorRegistry, port: int) -> None:
    """Answer GET /metrics on 127.0.0.1 from a thread of its own.

    Raises OperatorError when the port is taken.
    """
    try:
        start_http_server(port, addr="127.0.0.1", registry=registry)
    except OSError as error:
        raise OperatorError(f"cannot serve metrics on 127.0.0.1:{port}: {error.strerror}") from None
