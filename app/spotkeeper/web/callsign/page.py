"""GET /call: what is known of a call, and how it is heard."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from flask import redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from spotkeeper.db import calls
from spotkeeper.db import callsign as table
from spotkeeper.db.callsign import Known, Report
from spotkeeper.db.search import search
from spotkeeper.db.search_wanted import End, Wanted
from spotkeeper.web.account.chosen import shorten
from spotkeeper.web.api.sums_callsign import CALL, LONGEST_CALL, answer
from spotkeeper.web.api.sums_places import name_of, place_of, position_of
from spotkeeper.web.callsign import own
from spotkeeper.web.callsign.heard import by_band, farthest, strongest
from spotkeeper.web.callsign.there import sun_there, ways
from spotkeeper.web.database import reading, transaction
from spotkeeper.web.shown import CONTINENTS

WINDOWS = {"6": "6 hours", "24": "24 hours", "168": "7 days", "720": "30 days"}
NEWEST_SPOTS = 20
SUGGESTED = 12
SHORTEST_PREFIX = 2


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
    chosen = current_user.chosen
    is_own = call == chosen.callsign
    variants = own.variants(call) if is_own else []
    with reading() as connection:
        known = table.known(connection, call)
        others = [table.known(connection, each) for each in variants]
    heard_of = [each for each in (known, *others) if each]
    hours = hours or _usual(heard_of, now)
    facts = answer(call, int(hours), chosen.grid or None)
    position = position_of(call, facts["grid"])
    since = facts["until"] - timedelta(hours=int(hours))
    with transaction() as connection:
        reports: list[Report] = []
        for each in (call, *variants):
            reports += table.heard_by(connection, each, since, facts["until"])
        newest = search(connection, Wanted(dx=End(calls=[call, *variants])), NEWEST_SPOTS).spots
        similar = [] if heard_of else calls.suggested(connection, call[:3], SUGGESTED)
    return render_template(
        "callsign.html",
        call=call,
        typed=call,
        known=known,
        is_known=bool(heard_of),
        last_heard=_latest(each.last_spotted for each in heard_of),
        facts=facts,
        country_name=name_of,
        continents=CONTINENTS,
        ways=None if is_own else ways(chosen.grid, position),
        position=position,
        sun=sun_there(position.point, now) if position else None,
        hours=hours,
        windows=WINDOWS,
        is_own=is_own,
        variants=variants,
        heard=by_band(reports),
        stations=len({each.other for each in reports}),
        spots=len(reports),
        farthest=farthest(reports),
        strongest=strongest(reports),
        newest=newest,
        similar=similar,
        zone=chosen.zone,
        units=chosen.units,
    )


def _usual(heard_of: Sequence[Known], now: datetime) -> str:
    """The shortest time, but for hours, in which it was heard, or else heard others."""
    lasts = (
        _latest(each.last_spotted for each in heard_of),
        _latest(each.last_spotting for each in heard_of),
    )
    for last in lasts:
        for hours in ("24", "168", "720"):
            if last and now - last < timedelta(hours=int(hours)):
                return hours
    return "24"


def _latest(moments: Iterable[datetime | None]) -> datetime | None:
    return max(filter(None, moments), default=None)


def _is_call(text: str) -> bool:
    return len(text) <= LONGEST_CALL and CALL.fullmatch(text) is not None


def _wrong(text: str) -> str:
    return f"{shorten(text)} is not a callsign. Letters, digits and / make one, such as G4ABC or EA8/DL1ABC."
