"""GET /call: what is known of a call, and how it is heard."""

from datetime import UTC, datetime

from flask import redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from spotkeeper.db import calls
from spotkeeper.spots.model import LONGEST_CALL
from spotkeeper.web.account.chosen import Chosen, shorten
from spotkeeper.web.api.sums_callsign import CALL
from spotkeeper.web.api.sums_places import place_of, position_of
from spotkeeper.web.callsign import own
from spotkeeper.web.callsign.facts import SUGGESTED, facts_of, sums_of
from spotkeeper.web.callsign.tables import Tables
from spotkeeper.web.callsign.there import sun_there, ways
from spotkeeper.web.database import reading
from spotkeeper.web.shown import CONTINENTS
from spotkeeper.web.spots.filters import countries

WINDOWS = {"6": "6 hours", "24": "24 hours", "168": "7 days", "720": "30 days"}
SHORTEST_PREFIX = 2
IN_SIGHT, LISTED, MOST = 15, 50, 200
"""Of the stations of a list: at once, when it is opened, and when all are asked for."""


def callsign_page(call: str = "") -> Response | str | tuple[str, int]:
    """The page of a call; without one, that of the account's own call, if it has one."""
    if not call and (typed := request.args.get("call", "").strip()):
        if not _is_call(typed):
            return render_template("callsign.html", call="", typed=typed, wrong=_wrong(typed)), 400
        return redirect(url_for("callsign", call=typed.upper()))
    call = call or current_user.chosen.callsign
    if not call:
        return render_template("callsign.html", call="", typed="")
    if not _is_call(call):
        raise BadRequest(_wrong(call))
    return _page(call.upper(), request.args.get("hours", ""))


def suggestions() -> str:
    """Known calls that begin like that, as options of the form's list."""
    prefix = request.args.get("call", "").strip().upper()
    found = []
    if len(prefix) >= SHORTEST_PREFIX and _is_call(prefix.removesuffix("/")):
        with reading() as connection:
            found = calls.suggested(connection, prefix, SUGGESTED)
    return render_template("callsign_options.html", suggested=found, place_of=place_of)


def _page(call: str, hours: str) -> str:
    if hours and hours not in WINDOWS:
        raise BadRequest(f"hours: {shorten(hours)} is not known. There are {', '.join(WINDOWS)}.")
    now = datetime.now(UTC)
    chosen: Chosen = current_user.chosen
    is_own = call == chosen.callsign
    variants = own.variants(call) if is_own else []
    with reading() as connection:
        facts = facts_of(connection, call, variants, int(hours) if hours else None, now)
        sums = sums_of(connection, facts, now, MOST if "all" in request.args else LISTED)
    position = position_of(call, sums.grid)
    return render_template(
        "callsign.html",
        call=call,
        typed=call,
        facts=facts,
        sums=sums,
        country=place_of(call),
        continents=CONTINENTS,
        ways=None if is_own else ways(chosen.grid, position),
        position=position,
        sun=sun_there(position.point, now) if position else None,
        windows=WINDOWS,
        hours=str(facts.hours),
        is_own=is_own,
        variants=variants,
        in_sight=IN_SIGHT,
        most=MOST,
        tables=Tables(now, chosen.units, countries()),
        zone=chosen.zone,
        units=chosen.units,
    )


def _is_call(text: str) -> bool:
    return len(text) <= LONGEST_CALL and CALL.fullmatch(text) is not None


def _wrong(text: str) -> str:
    return f"{shorten(text)} is not a callsign. Letters, digits and / make one, such as G4ABC or EA8/DL1ABC."
