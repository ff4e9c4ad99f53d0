"""GET /spots.csv and /spots.adi: all spots of the filters as a file, as the API writes it."""

from flask import Response

from spotkeeper.web.api import formats
from spotkeeper.web.api.spots import answer
from spotkeeper.web.spots.filters import asked_of_page


def spots_csv() -> Response:
    """For spreadsheets."""
    return answer(asked_of_page().asked, formats.by_name("csv"))


def spots_adif() -> Response:
    """For logs."""
    return answer(asked_of_page().asked, formats.by_name("adif"))
