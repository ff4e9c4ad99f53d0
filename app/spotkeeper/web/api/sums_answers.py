"""How long an answer of the sums may be kept by whoever asked."""

from flask import Response, request

from spotkeeper.web.api.sums_read import LONG_SECONDS, SHORT_SECONDS


def tell_how_long(response: Response) -> Response:
    """Says so in Cache-Control, unless the view did, and answers 304 to a program that has the same."""
    if response.status_code == 200 and "Cache-Control" not in response.headers:
        response.cache_control.max_age = SHORT_SECONDS
        response.cache_control.stale_while_revalidate = LONG_SECONDS
        response.add_etag()
        response.make_conditional(request)
    return response
