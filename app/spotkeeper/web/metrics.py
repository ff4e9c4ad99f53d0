"""What the dashboard tells Prometheus about itself."""

import time

from flask import Flask, Response, g, request
from prometheus_client import Counter, Histogram

from spotkeeper import metrics

METHODS = ("GET", "HEAD", "POST", "OPTIONS")


class Metrics:
    """The counters of one app, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = metrics.registry()
        self.requests = Counter(
            "spotkeeper_dashboard_requests",
            "Requests answered",
            ["endpoint", "method", "status"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "spotkeeper_dashboard_request_seconds",
            "Time to answer a request",
            ["endpoint"],
            registry=self.registry,
            buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
        )
        self.sign_ins = Counter(
            "spotkeeper_dashboard_sign_ins", "Sign-ins tried", ["outcome"], registry=self.registry
        )
        for outcome in ("success", "failure", "slowed"):
            self.sign_ins.labels(outcome)

    def watch(self, app: Flask) -> None:
        """Count every request of the app."""
        app.extensions["metrics"] = self
        app.before_request(self._start)
        app.after_request(self._count)

    def _start(self) -> None:
        g.started = time.perf_counter()

    def _count(self, response: Response) -> Response:
        endpoint = request.endpoint or "unknown"
        method = request.method if request.method in METHODS else "other"
        self.requests.labels(endpoint, method, response.status_code).inc()
        self.seconds.labels(endpoint).observe(time.perf_counter() - g.started)
        return response
