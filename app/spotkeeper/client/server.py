"""A station's API over HTTP: pages of spots, and the live stream."""

import json
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import httpx
import httpx_sse

from spotkeeper.errors import OperatorError

Spot = dict[str, Any]
"""As the API writes it."""
Query = Mapping[str, Sequence[str]]

SPOTS = "/api/v1/spots"
STREAM = "/api/v1/stream"
PAGE = 1000
SECONDS = 30.0
# The server sends a sign of life every 20 s.
SILENCE_SECONDS = 65.0
LONGEST_PAUSE = 60.0
ANSWERS = 5
"""So often a page is asked for before a busy server is believed to stay busy."""
LOOPBACK = ("localhost", "127.0.0.1", "::1")

HOW_TO_GET_IN = (
    "make a token on the station's page Settings, API tokens, or there with spotkeeper token make, and give"
    " it in a file by --token-file or in SPOTKEEPER_TOKEN"
)
HOW_TO_TRUST = (
    "a station signs its own certificate: fetch /etc/spotkeeper/tls/authority.crt from it by a way you trust"
    " and give --ca-file authority.crt (--insecure takes any certificate, and whoever sits in between then"
    " reads your token)"
)


class Lost(Exception):
    """The server did not answer, or not now; later it may."""


class Busy(Lost):
    """It answers, but has too much to do: 429."""


class Refused(OperatorError):
    """The server says no, and would say so again."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class Server:
    """One station. `url` is its address, such as https://station.example.org.

    Raises OperatorError for an address, a token or a certificate file that cannot be used.
    """

    def __init__(
        self,
        url: str,
        token: str | None,
        *,
        ca_file: Path | None = None,
        insecure: bool = False,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url = _checked(url, token)
        self.has_token = token is not None
        self._sleep = sleep
        self._http = httpx.Client(
            base_url=self.url,
            headers={"Authorization": f"Bearer {token}"} if token else {},
            verify=_trust(ca_file, insecure),
            timeout=SECONDS,
        )

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    def spots(self, query: Query) -> Iterator[Spot]:
        """All spots of the query, the newest first, fetched page by page as they are taken.

        Raises Refused; Lost when the server is away or stays too busy.
        """
        cursor: dict[str, Sequence[str]] = {}
        while True:
            page = self._page({"limit": [str(PAGE)], **query, **cursor})
            try:
                spots, following = page["spots"], page["next"]
                yield from map(_checked_spot, spots)
            except (KeyError, TypeError, ValueError):
                raise self._stranger("without spots") from None
            if following is None:
                return
            cursor = {"cursor": [following]}

    @contextmanager
    def stream(self, query: Query, last_id: str) -> Iterator[Iterator[httpx_sse.ServerSentEvent]]:
        """Live events behind `last_id`, once the server has said that they will come.

        Raises Refused; Lost when the server is away, and from the iterator when the stream breaks or ends.
        """
        headers = {"Last-Event-ID": last_id} if last_id else {}
        timeout = httpx.Timeout(SECONDS, read=SILENCE_SECONDS)
        with self._reaching(), httpx_sse.connect_sse(
            self._http, "GET", STREAM, params=_pairs(query), headers=headers, timeout=timeout
        ) as source:  # fmt: skip
            if source.response.status_code != 200:
                source.response.read()
                self._complain(source.response)
            yield self._events(source)

    def spot_of(self, event: httpx_sse.ServerSentEvent) -> Spot:
        """The spot that an event tells. Raises OperatorError when it is none."""
        try:
            return _checked_spot(json.loads(event.data))
        except (KeyError, TypeError, ValueError):
            raise self._stranger(f"{event.data[:60]!r} is no spot") from None

    def _events(self, source: httpx_sse.EventSource) -> Iterator[httpx_sse.ServerSentEvent]:
        with self._reaching():
            try:
                yield from source.iter_sse()
            except httpx_sse.SSEError as error:
                raise self._stranger(str(error)) from None
        raise Lost("the server ended the stream")

    def _page(self, query: Query) -> Any:
        for attempt in range(ANSWERS):
            with self._reaching():
                response = self._http.get(SPOTS, params=_pairs(query), headers={"Accept": "application/json"})
            if response.status_code == 429 and attempt < ANSWERS - 1:
                self._sleep(_pause(response))
                continue
            break
        if response.status_code != 200:
            self._complain(response)
        try:
            return response.json()
        except ValueError:
            raise self._stranger(response.headers.get("content-type", "no content type")) from None

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        """Turns what goes wrong on the way to the server into Lost, or into advice about its certificate."""
        try:
            yield
        except httpx.TransportError as error:
            words = " ".join(str(error).split()) or type(error).__name__
            if "CERTIFICATE_VERIFY_FAILED" in words:
                reason = words.partition("certificate verify failed: ")[2].partition(" (_ssl")[0]
                sentence = f"the certificate of {self.url} is not trusted: {reason} -- {HOW_TO_TRUST}"
                raise OperatorError(sentence) from None
            raise Lost(f"cannot reach {self.url}: {words}") from None

    def _complain(self, response: httpx.Response) -> None:
        """Raises what an answer other than 200 means."""
        status = response.status_code
        if status == 429 or status >= 500:
            kind = Busy if status == 429 else Lost
            raise kind(f"{self.url} answers {status} {response.reason_phrase}: {_detail(response)}")
        if response.is_redirect:
            target = response.headers.get("location", "")
            raise Refused(
                status, f"{self.url} leads to {target.partition('/api/')[0]}: give that as --server"
            )
        if status == 401:
            what = "does not take this token" if self.has_token else "wants a token"
            raise Refused(status, f"{self.url} {what}: {_detail(response)} -- {HOW_TO_GET_IN}")
        raise Refused(status, f"{self.url} answers {status}: {_detail(response)}")

    def _stranger(self, what: str) -> OperatorError:
        return OperatorError(f"{self.url} does not answer as a Spotkeeper station: {what}")


def _checked(url: str, token: str | None) -> str:
    """The address in full. Raises OperatorError when it is none, or the token could be read on the way."""
    full = url if "://" in url else f"https://{url}"
    try:
        parts = urlsplit(full)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment or parts.username:
        raise OperatorError(f"--server: {url!r} is not an address such as https://station.example.org")
    if token and parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise OperatorError(f"--server: over {full} everybody on the way could read the token: use https")
    return full.rstrip("/")


def _trust(ca_file: Path | None, insecure: bool) -> ssl.SSLContext:
    if insecure:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    try:
        # The system's authorities; httpx would bring a list of its own.
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        words = error.strerror if isinstance(error, OSError) and not isinstance(error, ssl.SSLError) else None
        raise OperatorError(
            f"--ca-file: cannot use {ca_file}: {words or 'it holds no certificate'}"
        ) from None


def _checked_spot(value: Any) -> Spot:
    """The value, if it has what every spot has. Raises KeyError, TypeError or ValueError."""
    datetime.fromisoformat(value["time"])
    if not all(isinstance(value[name], str) for name in ("id", "dx", "spotter")):
        raise TypeError
    if not isinstance(value["frequency_khz"], int | float):
        raise TypeError
    return cast(Spot, value)


def _pairs(query: Query) -> list[tuple[str, str | int | float | bool | None]]:
    return [(name, value) for name, values in query.items() for value in values]


def _pause(response: httpx.Response) -> float:
    try:
        return min(max(float(response.headers.get("retry-after", "1")), 1.0), LONGEST_PAUSE)
    except ValueError:
        return 1.0


def _detail(response: httpx.Response) -> str:
    """What a problem document says, or the status in words."""
    try:
        said = json.loads(response.text)["detail"]
    except (ValueError, KeyError, TypeError):
        said = response.reason_phrase
    return " ".join(str(said).split())
