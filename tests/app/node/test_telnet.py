"""The telnet port as a logging program sees it."""

import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

import psycopg
import pytest
from spotkeeper.db.connection import Connection
from spotkeeper.spots.model import Spot

from tests.app.node.conftest import Client, Node
from tests.app.notifier.conftest import until
from tests.app.notifier.test_notifier import database_away
from tests.support.ports import free_ports
from tests.support.spots import a_spot

pytestmark = pytest.mark.slow

Connect = Callable[..., Client]
Add = Callable[..., None]
PROMPT = r"F5AAA de N0CALL-2 [0-9]{1,2}-[A-Z][a-z]{2}-20[0-9]{2} [0-9]{4}Z dxspider >"


def stamp_of(spot: Spot) -> str:
    return f"{datetime.fromtimestamp(spot.time, UTC):%H%M}Z"


def test_login_is_that_of_dxspider(node: Node) -> None:
    client = Client(node, None)
    assert client.until("login: ") == "login: "
    client.send("f5aaa")
    hello, prompt = client.lines(2)
    assert hello.startswith("Hello F5AAA, this is N0CALL-2 ")
    assert re.fullmatch(PROMPT, prompt)
    client.send("")
    assert re.fullmatch(PROMPT, *client.lines(1))
    client.close()


@pytest.mark.parametrize("call", ["HELLO", "", "F5AAA; DROP", "\xff\xf0", "F5AAA-100"])
def test_no_callsign_is_refused_in_dxspiders_words(connect: Connect, call: str) -> None:
    client = connect(None)
    client.send(call)
    assert re.search(r"Sorry .{0,20} is an invalid callsign\r\n$", client.rest())


def test_commands_of_telnet_are_taken_out(connect: Connect) -> None:
    client = connect(None)
    client.until("login: ")
    client.connection.sendall(b"\xff\xfd\x01\xff\xfb\x18F5A\xff\xf1AA\r\n")
    assert "Hello F5AAA," in client.until(">\r\n")


def test_each_new_spot_is_told_once_though_several_nodes_told_it(connect: Connect, add: Add) -> None:
    clients = [connect("F5AAA"), connect("F5AAB")]
    spot = a_spot(dx="K1ABC", comment="CQ", frequency_hz=14_025_300)
    add(spot, name="one")
    add(spot, name="two")
    add(a_spot(dx="K1ABD", spotter="LZ4UX", source="machine"))
    for client in clients:
        assert client.lines(2) == [
            f"DX de F5AAA:     14025.3  K1ABC        {'CQ':30} {stamp_of(spot)}",
            f"DX de LZ4UX-#:   14025.0  K1ABD        {'':30} {stamp_of(spot)}",
        ]
        assert client.ask("") == ""


def test_flags(connect: Connect, add: Add) -> None:
    client, witness = connect(), connect("F5AAB")

    def told(*spots: Spot) -> None:
        add(*spots)
        witness.lines(len(spots))

    assert client.ask("unset/dx") == "DX Spots flag unset on F5AAA"
    told(a_spot(dx="K1AAA"))
    assert client.ask("set/dx") == "DX Spots flag set on F5AAA"
    assert client.ask("unset/skimmer") == "Skimmer spots flag unset on F5AAA"
    told(a_spot(dx="K1AAB", source="machine"))
    told(a_spot(dx="K1AAC"))
    assert " K1AAC " in client.lines(1)[0]
    assert client.ask("SET/VE7CC") == "VE7CC spots flag set on F5AAA"
    add(a_spot(dx="K1AAD", dx_grid="FN42"))
    (line,) = client.lines(1)
    assert line.startswith("CC11^14025.0^K1AAD^")
    assert line.endswith("^FN42^")
    assert client.ask("sh/dx k1aad") == line
    assert client.ask("unset/ve7cc") == "VE7CC spots flag unset on F5AAA"
    add(a_spot(dx="K1AAE"))
    assert " K1AAE " in client.lines(1)[0]


def test_sh_dx_tells_the_newest_first(connect: Connect, add: Add) -> None:
    minute = int(datetime.now(UTC).timestamp()) // 60 * 60 - 600
    spots = [a_spot(dx=f"K1A{chr(65 + n)}", time=minute - n * 60) for n in range(12)]
    six = a_spot(dx="G4AAA", spotter="EA4AA", band="6m", frequency_hz=50_100_000, time=minute + 60)
    client = connect()
    add(*spots, six)
    client.lines(13)
    assert client.ask("sh/dx nosuch1") == ""
    answer = client.ask("sh/dx").splitlines()
    assert [line.split()[1] for line in answer] == ["G4AAA", *(spot.dx for spot in spots[:9])]
    assert re.fullmatch(
        r"  50100\.0 G4AAA +[0-9]{1,2}-[A-Z][a-z]{2}-20[0-9]{2} [0-9]{4}Z +<EA4AA>", answer[0]
    )
    assert {len(line) for line in answer} == {77}
    assert client.ask("show/dx 3 on 20m").splitlines() == answer[1:4]
    assert client.ask("sh/dx/1") == answer[0]
    assert client.ask("sh/dx k1ac").splitlines() == answer[3:4]
    assert client.ask("sh/dx by ea on 50000-51000").splitlines() == answer[:1]
    assert client.ask("sh/dx on 21m") == "sh/dx: on 21m: neither a band nor a range in kHz"


def test_sh_wwv(connect: Connect, login: Callable[[str], Connection]) -> None:
    login("scraper").execute(
        "INSERT INTO solar (time, kind, station, sfi, a_index, k_index, text, node, received) VALUES"
        " ('2026-03-01 18:00+00', 'WWV', 'AE5E', 133, NULL, 0, 'No Storms', 'demo', now())"
    )
    head, row = connect().ask("sh/wwv").splitlines()
    assert head == "Date        Hour   SFI   A   K Forecast                               Logger"
    assert row == " 1-Mar-2026   18   133       0 No Storms                            <AE5E>"


def test_spots_are_never_taken_and_words_not_known_are_told_so(connect: Connect, node: Node) -> None:
    client = connect()
    for word in ("dx 14025 K1ABC", "announce hello", "sh/users", "x" * 300):
        assert client.ask(word) == "Invalid command"
    assert client.ask("sh/dx") == ""
    for _ in range(21):
        client.send("nonsense")
    assert client.rest().endswith("Too many invalid commands, disconnected\r\n")


def test_bye(connect: Connect) -> None:
    client = connect()
    client.send("bye")
    assert client.rest() == "73 de N0CALL-2\r\n"


def test_line_without_end_is_not_read_for_ever(connect: Connect) -> None:
    client = connect()
    with suppress(ConnectionError):
        client.connection.sendall(b"x" * 100_000)
        client.rest()


def test_who_does_not_read_is_told_and_holds_up_nobody(connect: Connect, add: Add, node: Node) -> None:
    slow, quick = connect("F5AAB"), connect("F5AAA")
    minute = int(datetime.now(UTC).timestamp()) // 60 * 60
    told = 0
    while not node.metric("dropped_total"):
        assert told < 200_000
        add(*(a_spot(dx=f"K{n // 1000}A{n % 1000}Z", time=minute) for n in range(told, told + 2000)))
        told += 2000
        quick.lines(2000)
    assert slow.rest().endswith("N0CALL-2: you do not read what is sent, this ends the connection\r\n")
    until(lambda: node.metric("clients") == 1)
    assert quick.ask("") == ""


def test_a_hundred_clients_and_no_more(connect: Connect, add: Add, node: Node) -> None:
    clients = [connect(f"F5A{chr(65 + n // 26)}{chr(65 + n % 26)}") for n in range(100)]
    assert node.metric("clients") == 100
    assert connect(None).rest() == ""
    add(a_spot(dx="K1AAA"))
    for client in clients:
        assert " K1AAA " in client.lines(1)[0]
    clients[0].send("bye")
    clients[0].rest()
    until(lambda: node.metric("clients") == 99)
    assert connect("F5ZZZ").ask("") == ""


def test_only_allowed_addresses_are_let_in(make_node: Callable[..., Node]) -> None:
    node = make_node('listen = ["127.0.0.1"]\nallow = ["192.0.2.0/24"]').start()
    assert Client(node, None).rest() == ""


def test_away_database_is_told_and_waited_for(connect: Connect, add: Add, node: Node, database: str) -> None:
    client = connect()
    with database_away(database):
        with psycopg.connect(dbname="postgres", autocommit=True) as superuser:
            superuser.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE usename = 'notifier' AND datname = %s",
                [database.removeprefix("dbname=")],
            )
        until(lambda: node.metric("database_up") == 0)
        assert client.ask("sh/dx") == "The database is away, try again later"
    until(lambda: node.metric("database_up") == 1)
    add(a_spot(dx="K1AAA"))
    assert " K1AAA " in client.lines(1)[0]


def test_stops_with_a_word(connect: Connect, node: Node) -> None:
    client = connect()
    assert node.stop() == 0
    assert client.rest() == "N0CALL-2 shutting down...\r\n"


def test_taken_port_is_named(node: Node) -> None:
    settings = node.settings.with_name("second.toml")
    [metrics_port] = free_ports(1)
    settings.write_text(node.settings.read_text().replace(str(node.metrics_port), str(metrics_port)))
    second = subprocess.run(
        [sys.executable, "-m", "spotkeeper", "--settings", settings, "serve-node"],
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert second.returncode == 2
    words = f"cannot take telnet connections at 127.0.0.1 port {node.port}: Address already in use"
    assert words in second.stderr
