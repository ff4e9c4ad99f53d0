"""The settings file: what is taken, and the sentence for what is not."""

import re
from pathlib import Path

import pytest
from spotkeeper.settings import Dashboard, SettingsError, load

SCRAPER = """
[scraper]
callsign = "N0CALL-1"
[[scraper.nodes]]
name = "demo"
kind = "dxspider"
host = "192.0.2.1"
port = 7300
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "spotkeeper.toml"


def test_everything_but_callsign_and_nodes_has_a_default(file: Path) -> None:
    file.write_text(SCRAPER)
    settings = load(file)
    assert settings.database.conninfo == "host=/run/postgresql dbname=spotkeeper"
    assert settings.scraper.spool == Path("/var/lib/spotkeeper/spool.sqlite")
    assert settings.api.anonymous is False
    assert (settings.scraper.silence_seconds, settings.scraper.probe_seconds) == (180, 30)
    assert settings.notifier.publish_url == "http://127.0.0.1:8081/publish/spots"
    ports = settings.scraper.metrics_port, settings.notifier.metrics_port, settings.dashboard.metrics_port
    assert ports == (9810, 9811, 9812)
    assert [(node.name, node.kind, node.port) for node in settings.scraper.nodes] == [
        ("demo", "dxspider", 7300)
    ]


@pytest.mark.parametrize("callsign", ["N0CALL", "N0CALL-1", "VE7CC-99", "9A1A", "F/DL1ABC-12"])
def test_callsign_is_taken(file: Path, callsign: str) -> None:
    file.write_text(SCRAPER.replace("N0CALL-1", callsign))
    assert load(file).scraper.callsign == callsign


ADDRESSES = SCRAPER.replace("host", "#").replace(
    "port = 7300", 'addresses = ["dx.example.org:7300", "[2001:db8::1]:7300", "dx2.example.org:8000"]'
)


def test_addresses_of_a_node_are_kept_in_their_order(file: Path) -> None:
    file.write_text(ADDRESSES)
    [node] = load(file).scraper.nodes
    assert node.targets == (("dx.example.org", 7300), ("2001:db8::1", 7300), ("dx2.example.org", 8000))


def test_a_nodes_own_settings(file: Path) -> None:
    file.write_text(
        SCRAPER + 'callsign = "F5AAA-9"\npassword_file = "/etc/spotkeeper/demo.password"\n'
        'commands = ["set/ve7cc", "set/skimmer"]\nsilence_seconds = 60\n'
    )
    [node] = load(file).scraper.nodes
    assert node.targets == (("192.0.2.1", 7300),)
    assert (node.callsign, node.silence_seconds) == ("F5AAA-9", 60)
    assert node.commands == ("set/ve7cc", "set/skimmer")
    with pytest.raises(SettingsError, match=r"cannot read /etc/spotkeeper/demo\.password: "):
        node.password()


NODE = SCRAPER[SCRAPER.index("[[") :]

REFUSED = {
    "no table scraper": ("", "scraper is missing"),
    "no callsign": (SCRAPER.replace("callsign", "#"), "scraper.callsign is missing"),
    "lower case": (SCRAPER.replace("N0CALL-1", "n0call"), "scraper.callsign: 'n0call' is not a callsign"),
    "SSID 0": (SCRAPER.replace("N0CALL-1", "N0CALL-0"), "scraper.callsign: 'N0CALL-0' is not a callsign"),
    "SSID 100": (SCRAPER.replace("N0CALL-1", "N0CALL-100"), "scraper.callsign: 'N0CALL-100' is not"),
    "a line break": (
        SCRAPER.replace("N0CALL-1", r"N0CALL\n"),
        r"scraper.callsign: 'N0CALL\n' is not a callsign",
    ),
    "no nodes": (SCRAPER.replace(NODE, ""), "scraper.nodes is missing"),
    "nodes empty": (SCRAPER.replace(NODE, "nodes = []"), "scraper.nodes: expected `array` of length >= 1"),
    "two of a name": (SCRAPER + NODE, "scraper.nodes: two are named 'demo'"),
    "unknown kind": (
        SCRAPER.replace("dxspider", "clx"),
        "scraper.nodes[0].kind: 'clx' is not one of 'dxspider', 'cccluster', 'arcluster', 'rbn'",
    ),
    "name for metrics": (
        SCRAPER.replace('"demo"', '"De mo"'),
        "scraper.nodes[0].name: 'De mo' is not a node's name",
    ),
    "port as text": (
        SCRAPER.replace("7300", '"7300"'),
        "scraper.nodes[0].port: expected a whole number, got a text",
    ),
    "port too high": (
        SCRAPER.replace("7300", "70000"),
        "scraper.nodes[0].port: expected a whole number <= 65535",
    ),
    "misspelt": (SCRAPER + "[notifier]\nport = 1\n", "notifier.port is not a setting"),
    "unknown table": (SCRAPER + "[web]\n", "web is not a setting"),
    "not a table": ("scraper = 5\n", "scraper: expected a table, got a whole number"),
    "publish to nowhere": (
        SCRAPER + '[notifier]\npublish_url = "nginx"\n',
        "notifier.publish_url: 'nginx' is not an address like http://127.0.0.1:8081/path",
    ),
    "publish port": (
        SCRAPER + '[notifier]\npublish_url = "http://a:b/"\n',
        "notifier.publish_url: 'http://a:b/'",
    ),
    "conninfo": (
        SCRAPER + '[database]\nconninfo = "spotkeeper"\n',
        "database.conninfo: not a libpq connection string",
    ),
    "conninfo with user": (
        SCRAPER + '[database]\nconninfo = "user=postgres"\n',
        "database.conninfo: must not hold user=, each process sets its own",
    ),
    "anonymous as text": (
        SCRAPER + '[api]\nanonymous = "yes"\n',
        "api.anonymous: expected true or false, got a text",
    ),
    "no requests at all": (
        SCRAPER + "[api]\nrequests_per_minute = 0\n",
        "api.requests_per_minute: expected a whole number >= 1",
    ),
    "no host": (SCRAPER.replace("host", "#"), "scraper.nodes[0].host: is missing"),
    "no port": (SCRAPER.replace("port", "#"), "scraper.nodes[0].port: is missing"),
    "host and addresses": (
        SCRAPER + 'addresses = ["192.0.2.1:7300"]\n',
        "scraper.nodes[0].addresses: set either these or host and port",
    ),
    "address without port": (
        ADDRESSES.replace("dx2.example.org:8000", "dx2.example.org"),
        "scraper.nodes[0].addresses: 'dx2.example.org' is not HOST:PORT, such as dx.example.org:7300",
    ),
    "address with a wrong port": (
        ADDRESSES.replace("8000", "80000"),
        "scraper.nodes[0].addresses: 'dx2.example.org:80000' is not HOST:PORT",
    ),
    "IPv6 without brackets": (
        ADDRESSES.replace("[2001:db8::1]:7300", "2001:db8::1"),
        "scraper.nodes[0].addresses: '2001:db8::1' is not HOST:PORT",
    ),
    "node's callsign": (
        SCRAPER + 'callsign = "hello"\n',
        "scraper.nodes[0].callsign: 'hello' is not a callsign in capitals",
    ),
    "command of two lines": (
        SCRAPER + 'commands = ["set/ve7cc\\nbye"]\n',
        "scraper.nodes[0].commands: 'set/ve7cc\\nbye' is not a command",
    ),
    "node's silence": (
        SCRAPER + "silence_seconds = 0\n",
        "scraper.nodes[0].silence_seconds: expected a whole number >= 1",
    ),
    "password itself": (SCRAPER + 'password = "x"\n', "scraper.nodes[0].password is not a setting"),
    "silence": (
        SCRAPER.replace("[[", "silence_seconds = 0\n[["),
        "scraper.silence_seconds: expected a whole number >= 1",
    ),
    "not TOML": ("[scraper\n", "not valid TOML: "),
}


@pytest.mark.parametrize(("text", "sentence"), REFUSED.values(), ids=REFUSED.keys())
def test_refusal_names_file_and_key(file: Path, text: str, sentence: str) -> None:
    file.write_text(text)
    with pytest.raises(SettingsError, match=re.escape(f"{file}: {sentence}")) as refusal:
        load(file)
    assert "\n" not in str(refusal.value)


def test_file_that_cannot_be_read(file: Path) -> None:
    with pytest.raises(SettingsError, match=f"cannot read the settings file {file}: No such file"):
        load(file)
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match=f"{re.escape(str(file))}: not a text file in UTF-8"):
        load(file)


def test_secret_key_from_the_named_file(tmp_path: Path) -> None:
    (tmp_path / "named").write_bytes(b"n" * 40)
    assert Dashboard(secret_key_file=tmp_path / "named").secret_key() == b"n" * 40


def test_secret_key_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"secret_key_file: cannot read .*: No such file"):
        Dashboard(secret_key_file=tmp_path / "none").secret_key()
    (tmp_path / "short").write_bytes(b"x" * 31)
    with pytest.raises(SettingsError, match="holds 31 bytes, at least 32"):
        Dashboard(secret_key_file=tmp_path / "short").secret_key()
