"""What is open now, from here, with voice: the first page."""

from flask import Flask, make_response, render_template, request
from flask_login import current_user
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from spotkeeper.db import user_settings
from spotkeeper.spots.openings import VOICE_SEGMENTS_KHZ
from spotkeeper.web.account.chosen import RULES, Chosen, shorten
from spotkeeper.web.account.chosen import grid as checked_grid
from spotkeeper.web.api import sums, sums_read
from spotkeeper.web.database import transaction
from spotkeeper.web.now import sky
from spotkeeper.web.now.here import Here
from spotkeeper.web.now.tiles import now

NEWEST_VOICES = 6
SOLAR_HOURS = 24


def add_to(app: Flask) -> None:
    """Add /."""
    app.add_url_rule("/", "now", now_page)


def now_page() -> Response:
    """The page, or for htmx the part of it that changes; `?grid=` for another place than the account's."""
    chosen: Chosen = current_user.chosen
    rule = _rule(chosen)
    asked, wrong = request.args.get("grid", ""), ""
    try:
        grid = checked_grid(asked)
    except ValueError as error:
        grid, wrong = "", str(error)
    here = Here.of(grid, chosen)
    found = now(here, rule, chosen.units)
    solar = sums_read.solar(SOLAR_HOURS).sums
    is_part = "HX-Request" in request.headers
    response = make_response(
        render_template(
            "now_tiles.html" if is_part else "now.html",
            found=found,
            here=here,
            asked=asked,
            elsewhere=grid or None,
            wrong=wrong,
            rules=RULES,
            segments=VOICE_SEGMENTS_KHZ,
            chosen=chosen,
            day=sky.day(here.point, found.until) if here.point else None,
            ends=sky.ends(found.until, found.tiles),
            figures={name: sums.figure(solar, name) for name in ("sfi", "a_index", "k_index")},
            trend=sky.trend,
            along=sky.along,
            newest_voices=found.voices[:NEWEST_VOICES],
        ),
        400 if wrong else 200,
    )
    response.vary.add("HX-Request")
    return response


def _rule(chosen: Chosen) -> str:
    """The one asked for, which the account keeps, or the one it kept."""
    rule = request.args.get("rule")
    if rule is None:
        return chosen.rule if chosen.rule in RULES else "near"
    if rule not in RULES:
        raise BadRequest(f"rule: {shorten(rule)} is not a rule; there are {', '.join(RULES)}.")
    if rule != chosen.rule and current_user.may("user"):
        with transaction() as connection:
            user_settings.save(connection, current_user.id, {"rule": rule})
    return rule
