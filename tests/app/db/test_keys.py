"""The keys that stand for words, through what is stored with them."""

from collections.abc import Callable

from spotkeeper.db.connection import Connection
from spotkeeper.spots.bands import BANDS
from spotkeeper.spots.comment import MODES
from spotkeeper.spots.countries import Place
from spotkeeper.spots.places import Point

from tests.support.spots import a_spot, add_spots

FRANCE = Place(227, "France", "EU", 14, 27, Point(46, 2), 1)
SPAIN = Place(281, "Spain", "EU", 14, 37, Point(40, -4), 1)
JAPAN = Place(339, "Japan", "AS", 25, 45, Point(36, 138), 3)


def test_a_start_of_the_scraper_takes_no_key_for_what_has_one(login: Callable[[str], Connection]) -> None:
    """There may be 32,767 of each kind, however often it is started."""
    for number in range(5):
        add_spots(login("scraper"), a_spot(dx=f"JA{number}AA", dx_place=JAPAN, spotter_place=FRANCE))
    add_spots(login("scraper"), a_spot(spotter_place=SPAIN), node="other")
    numbers = "SELECT max(places.id), max(nodes.id) FROM places, nodes"
    assert login("owner").execute(numbers).fetchone() == (3, 2)


def test_every_mode_and_band_has_a_key_that_can_be_stored(login: Callable[[str], Connection]) -> None:
    scraper, owner = login("scraper"), login("owner")
    add_spots(scraper, *(a_spot(dx=f"K{n}AA", mode=mode) for n, mode in enumerate(MODES)))
    add_spots(scraper, *(a_spot(dx=f"W{n}AA", band=band) for n, band in enumerate(BANDS)))
    stored = owner.execute("SELECT mode FROM spots WHERE dx LIKE 'K%'").fetchall()
    assert sorted(stored) == sorted((mode,) for mode in MODES)
    stored = owner.execute("SELECT band FROM spots WHERE dx LIKE 'W%'").fetchall()
    assert sorted(stored) == sorted((band,) for band in BANDS)
    assert owner.execute("SELECT count(DISTINCT mode) FROM hours").fetchone() == (len(MODES),)
