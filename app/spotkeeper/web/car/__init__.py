"""One glance, for the car: the page, its worker for where there is no link, and its manifest."""

from flask import Flask, make_response, render_template, request, send_from_directory, url_for
from flask_login import current_user
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from spotkeeper.web import assets
from spotkeeper.web.access import public
from spotkeeper.web.account.chosen import RULES, Chosen, grid
from spotkeeper.web.car.speech import spoken
from spotkeeper.web.now.here import Here
from spotkeeper.web.now.tiles import now


def add_to(app: Flask) -> None:
    """Add /car and what belongs to it."""
    app.add_url_rule("/car", "car", car_page)
    app.add_url_rule("/car/worker.js", "car_worker", worker)
    app.add_url_rule("/car/manifest.webmanifest", "car_manifest", manifest)


def car_page() -> str:
    """The page; `?grid=` for another place than the account's."""
    chosen: Chosen = current_user.chosen
    try:
        here = Here.of(grid(request.args.get("grid", "")), chosen)
    except ValueError as error:
        raise BadRequest(str(error)) from None
    found = now(here, chosen.rule if chosen.rule in RULES else "near", chosen.units)
    return render_template("car.html", found=found, here=here, chosen=chosen, spoken=spoken(found))


@public
def worker() -> Response:
    """At an address that stays, so that browsers find its changes; it may answer for /car."""
    response = send_from_directory(assets.FOLDER, "car-worker.js")
    response.headers["Service-Worker-Allowed"] = url_for("car")
    return response


@public
def manifest() -> Response:
    """By which browsers offer to install the page."""
    response = make_response(
        {
            "id": url_for("car"),
            "name": "Spotkeeper: what is open",
            "short_name": "Spotkeeper",
            "description": "What is open with voice now, from here, at one glance.",
            "start_url": url_for("car"),
            "scope": url_for("car"),
            "display": "standalone",
            "background_color": "#000000",
            "theme_color": "#000000",
            "icons": [
                {
                    "src": url_for(assets.ENDPOINT, name="icon.svg"),
                    "sizes": "any",
                    "type": "image/svg+xml",
                    "purpose": "any",
                }
            ],
        }
    )
    response.content_type = "application/manifest+json"
    return response
