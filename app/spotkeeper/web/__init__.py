"""The dashboard: pages from PostgreSQL, signed-in people only."""

from datetime import timedelta

from flask import Flask, Response, request
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from spotkeeper.settings import Settings
from spotkeeper.web import (
    account,
    api,
    assets,
    bands,
    callsign,
    car,
    database,
    errors,
    health,
    map,
    now,
    owner,
    shown,
    spots,
    station,
)
from spotkeeper.web.metrics import Metrics

LONGEST_BODY = 64 * 1024


def create_app(settings: Settings) -> Flask:
    """The WSGI application, with a connection pool and a metrics registry of its own.

    Metrics are in `app.extensions["metrics"].registry`. It trusts one proxy's X-Forwarded-For, -Proto and
    -Host: it must not be reachable but through nginx. Raises SettingsError when there is no fit secret key.
    """
    app = Flask(__name__, static_folder=None)
    app.config.update(
        SECRET_KEY=settings.dashboard.secret_key(),
        SESSION_COOKIE_NAME="__Host-form",
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(days=400),
        MAX_CONTENT_LENGTH=LONGEST_BODY,
        MAX_FORM_PARTS=100,
        WTF_CSRF_TIME_LIMIT=None,
        SCRAPER_PORT=settings.scraper.metrics_port,
        COUNTRY_FILE=settings.scraper.country_file,
        KEEPING=settings.keeping,
        SPOOL=settings.scraper.spool,
        ACCESS=settings.api,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)  # type: ignore[method-assign]
    Metrics().watch(app)
    database.open_pool(app, settings.database.conninfo)
    shown.add_to(app)
    CSRFProtect(app)
    pages = now, spots, map, bands, callsign, car, station, owner
    for part in (assets, errors, health, account, *pages, api):
        part.add_to(app)
    app.after_request(_keep_private)
    return app


def _keep_private(response: Response) -> Response:
    if request.endpoint != assets.ENDPOINT:
        response.headers.setdefault("Cache-Control", "no-store")
    return response
