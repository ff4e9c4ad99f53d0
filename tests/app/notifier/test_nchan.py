"""The notifier with the real nginx and nchan, as a browser sees it."""

import json
import subprocess
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

from tests.app.notifier.conftest import Notifier, Scraper, until
from tests.support.ports import free_ports

MODULE = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")
KEPT = 1000
CONFIGURATION = """
load_module {module};
daemon off;
pid {folder}/nginx.pid;
error_log stderr notice;
worker_processes 1;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    keepalive_requests 5;
    server {{
        listen 127.0.0.1:{port};
        location = /publish/spots {{
            nchan_publisher;
            nchan_channel_id spots;
            nchan_message_buffer_length {kept};
            nchan_message_timeout 0;
        }}
        location = /live/spots {{
            nchan_subscriber eventsource;
            nchan_channel_id spots;
        }}
    }}
}}
"""

pytestmark = pytest.mark.skipif(
    not MODULE.exists(), reason="nchan is not installed (Debian: libnginx-mod-nchan)"
)


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """Of a running nginx with nchan."""
    [port] = free_ports(1)
    configuration = tmp_path / "nginx.conf"
    configuration.write_text(CONFIGURATION.format(module=MODULE, folder=tmp_path, port=port, kept=KEPT))
    process = subprocess.Popen(
        ["/usr/sbin/nginx", "-p", tmp_path, "-c", configuration, "-e", "stderr"],
        stderr=(tmp_path / "error.log").open("w"),
    )
    until((tmp_path / "nginx.pid").exists)
    yield port
    process.terminate()
    process.wait(timeout=10)


def publish(port: int, number: int) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    for _ in range(number):
        connection.request("POST", "/publish/spots", b"{}", {"X-EventSource-Event": "spot"})
        with connection.getresponse() as response:
            response.read()
    connection.close()


def subscribe(port: int, last_id: str = "") -> HTTPResponse:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(
        "GET", "/live/spots", headers={"Accept": "text/event-stream", "Last-Event-ID": last_id}
    )
    response = connection.getresponse()
    assert response.status == 200
    return response


def next_event(stream: HTTPResponse) -> dict[str, str]:
    """The fields of the next event with data."""
    event: dict[str, str] = {}
    while line := stream.readline().decode():
        name, _, value = line.strip().partition(": ")
        if name and not line.startswith(":"):
            event[name] = value
        elif "data" in event:
            return event
    raise AssertionError("the stream ended")


def test_who_asks_for_the_last_second_once_more_learns_whether_events_are_forgotten(
    port: int,
) -> None:
    """As pages do after a break (shared/feed.js)."""
    publish(port, 1)
    stream = subscribe(port, "1:0")
    publish(port, 9)
    ids = [next_event(stream)["id"] for _ in range(10)]
    stream.close()
    asked = f"{int(ids[-1].partition(':')[0]) - 1}:0"
    assert next_event(subscribe(port, asked))["id"] in ids
    publish(port, KEPT - 1)
    assert next_event(subscribe(port, asked))["id"] == ids[-1]
    publish(port, 1)
    assert next_event(subscribe(port, asked))["id"] not in ids


def test_browser_gets_an_event_per_spot_and_catches_up_by_its_last_id(
    port: int, database: str, scraper: Scraper, tmp_path: Path
) -> None:
    notifier = Notifier(database, f"http://127.0.0.1:{port}/publish/spots", tmp_path)
    try:
        notifier.start()
        wanted = [str(n) for n in range(20)]
        stream = subscribe(port)
        scraper.commit(*wanted[:10])
        events = [next_event(stream) for _ in range(10)]
        assert [json.loads(event["data"])["comment"] for event in events] == wanted[:10]
        assert {event["event"] for event in events} == {"spot"}
        stream.close()
        scraper.commit(*wanted[10:])
        again = subscribe(port, events[-1]["id"])
        assert [json.loads(next_event(again)["data"])["comment"] for _ in range(10)] == wanted[10:]
        assert notifier.metric("publish_failures_total") == 0
    finally:
        notifier.close()
