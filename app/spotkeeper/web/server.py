"""gunicorn's settings: `gunicorn --config python:spotkeeper.web.server`.

One process, since its metrics are its own; threads wait for PostgreSQL, not for the processor.
"""

import gc
import os
import socket
import sys
from pathlib import Path
from typing import Any

from flask import Flask

from spotkeeper import metrics
from spotkeeper.errors import OperatorError
from spotkeeper.settings import Settings, load
from spotkeeper.web import create_app
from spotkeeper.web.database import THREADS

# Whoever writes a long answer, or makes a sum, lets the others go on sooner than after Python's 5 ms.
SWITCH_SECONDS = 0.001
# To look through all objects for garbage stops every request for a tenth of a second. What goes in circles
# dies young and is found by the short looks; the long one may be rare, and leaves out what was there before.
YOUNG, MIDDLE, OLD = 700, 10, 1000

wsgi_app = "spotkeeper.web.server:application()"
bind = "unix:/run/spotkeeper-dashboard/http.sock"
worker_class = "gthread"
workers = 1
threads = THREADS
# nginx has a new connection for each request; to wait for another on it takes as long as a small answer.
keepalive = 0
timeout = 30
graceful_timeout = 5
forwarded_allow_ips = "*"  # who reaches the socket is nginx
control_socket_disable = True

_metrics_socket: socket.socket


def on_starting(server: Any) -> None:
    """Opens the port of the metrics once, for all workers that may follow each other on a reload.

    Ends gunicorn with exit code 2 when the settings cannot be used or the port is taken.
    """
    global _metrics_socket
    try:
        dashboard = _settings().dashboard
        dashboard.secret_key()
        _metrics_socket = metrics.listen(dashboard.metrics_port)
    except OperatorError as error:
        print(f"spotkeeper-dashboard: {error}", file=sys.stderr)
        sys.exit(2)


def application() -> Flask:
    """The app, by the file that SPOTKEEPER_SETTINGS names, with its metrics served."""
    sys.setswitchinterval(SWITCH_SECONDS)
    app = create_app(_settings())
    metrics.serve(_metrics_socket, app.extensions["metrics"].registry)
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
    return app


def _settings() -> Settings:
    return load(Path(os.environ.get("SPOTKEEPER_SETTINGS", "/etc/spotkeeper/spotkeeper.toml")))
