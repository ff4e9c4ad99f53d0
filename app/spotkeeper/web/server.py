"""gunicorn's settings: `gunicorn --config python:spotkeeper.web.server`.

One process, since its metrics are its own; threads wait for PostgreSQL, not for the processor.
"""

import os
import sys
from pathlib import Path
from typing import Any

from gunicorn.arbiter import Arbiter

from spotkeeper import metrics
from spotkeeper.errors import OperatorError
from spotkeeper.settings import Settings, load
from spotkeeper.web import create_app
from spotkeeper.web.database import THREADS

wsgi_app = "spotkeeper.web.server:application()"
bind = "unix:/run/spotkeeper-dashboard/http.sock"
worker_class = "gthread"
workers = 1
threads = THREADS
timeout = 30
graceful_timeout = 5
forwarded_allow_ips = "*"
control_socket_disable = True


def on_starting(server: Any) -> None:
    """Ends gunicorn with exit code 2 when the settings cannot be used."""
    try:
        _settings().dashboard.secret_key()
    except OperatorError as error:
        print(f"spotkeeper-dashboard: {error}", file=sys.stderr)
        sys.exit(2)


def application() -> Any:
    """The app, by the file that SPOTKEEPER_SETTINGS names, with its metrics served."""
    settings = _settings()
    app = create_app(settings)
    try:
        metrics.serve(app.extensions["metrics"].registry, settings.dashboard.metrics_port)
    except OperatorError as error:
        print(f"spotkeeper-dashboard: {error}", file=sys.stderr)
        sys.exit(Arbiter.APP_LOAD_ERROR)  # ends gunicorn; any other code would have it try for ever
    return app


def _settings() -> Settings:
    return load(Path(os.environ.get("SPOTKEEPER_SETTINGS", "/etc/spotkeeper/spotkeeper.toml")))
