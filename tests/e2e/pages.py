"""Every page there is: what holds for all of them is tested by this table."""

from typing import NamedTuple


class View(NamedTuple):
    """A page as somebody opens it; `{spot}`, `{call}` and `{invitation}` stand for those of the station."""

    name: str
    endpoint: str
    path: str
    by: str | None
    """Who is signed in."""
    says: str | None
    """A pattern of what stands in it when scripts do not run; None where it lives by them."""


LONG_NAME = "maximilianalexanderfranzjosephus"
"""Of a user, as long as a name may be and without a place to break it."""

VIEWS = (
    View("sign-in", "sign_in", "/sign-in", None, "Password"),
    View("now", "now", "/", "maya", r"20\sm"),
    View("now-nowhere", "now", "/", "anna", r"20\sm"),
    View("spots", "spots", "/spots?since=1h", "maya", r"14\d\d\d\.\d"),
    View("spots-filtered", "spots", "/spots?band=20m&band=40m&mode=CW&since=24h", "anna", r"14\d\d\d\.\d"),
    View("spots-none", "spots", "/spots?band=2m&mode=PSK&since=1h", "vera", "No spot"),
    View("spot", "spot", "/spots/{spot}", "maya", "{call}"),
    View("map", "map", "/map", "maya", None),
    View("bands", "bands", "/bands", "maya", r"20\sm"),
    View("call", "callsign", "/call", "maya", "Call"),
    View("callsign", "callsign", "/call/{call}", "maya", "{call}"),
    View("callsign-unheard", "callsign", "/call/ZZ9ZZZ", "anna", "ZZ9ZZZ"),
    View("car", "car", "/car", "maya", r"\d"),
    View("settings", "settings", "/settings", "maya", "Grid"),
    View("tokens", "tokens", "/settings/tokens", LONG_NAME, "Make a token"),
    View("devices", "devices", "/settings/devices", LONG_NAME, "Chrom"),
    View("security", "security", "/settings/security", LONG_NAME, "Password"),
    View("api", "api", "/api/v1/", "maya", "/api/v1/spots"),
    View("station", "station", "/station", "olga", "demo: up"),
    View("users", "users", "/users", "olga", "vera"),
    View("user-devices", "user_devices", "/users/devices?name=vera", "olga", "Devices of vera"),
    View("audit", "audit", "/audit", "olga", "olga"),
    View("invitation", "invitation", "/invitation/{invitation}", None, "Password"),
    View("no-such-page", "", "/nowhere", "maya", "nothing at this address"),
    View("not-for-you", "", "/station", "maya", "Not for you"),
)

NO_PAGES = {
    "api_try",
    "auth_check",
    "bands_waterfall",
    "calls_suggested",
    "car_manifest",
    "car_worker",
    "health",
    "map_countries",
    "map_paths",
    "spots_adif",
    "spots_counts",
    "spots_csv",
    "static",
}
"""Endpoints that answer GET with a file, a sign, part of a page or another address; those of `api-…` too."""

STEPS = {"add_app", "confirm", "second_step"}
"""Pages on the way of somebody who does something: test_accounts.py looks at them."""
