"""The node as a client meets it: log-in, commands, spots, and every way to misbehave."""

import json
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from running_node import Client, RunningNode

pytestmark = pytest.mark.slow

Start = Callable[..., RunningNode]
SPOT = "F5AAA 29600.0 K1ABC FM big signal"
LINE = re.compile(rb"DX de F5AAA:     29600\.0  K1ABC        FM big signal                  \d{4}Z\a\a\r\n")


def test_dxspider_greets_and_prompts(quiet: RunningNode) -> None:
    client = quiet.client()
    assert client.until("login: ") == b"login: "
    assert client.hears_nothing_for(0.2)
    client.send("w1hkj-1")
    got = client.prompt().decode()
    assert got.startswith("Hello W1HKJ-1, this is GB7TST-2 in ")
    assert re.search(r"\r\nW1HKJ-1 de GB7TST-2 \d{1,2}-[A-Z][a-z]{2}-\d{4} \d{4}Z dxspider >\r\n$", got)


def test_cc_cluster_speaks_of_login_long_before_its_prompt(node: Start) -> None:
    client = node("--dialect", "cccluster").client()
    assert b"Please login with a callsign" in client.until("Please enter your call: ")
    client.send("W1HKJ")
    assert re.search(rb"W1HKJ de AE5E \d+-\w{3}-\d{4} \d{4}Z   CCC >\r\n$", client.until("CCC >\r\n"))


def test_ar_cluster_prompts_without_blank_and_year(node: Start) -> None:
    client = node("--dialect", "arcluster").client()
    client.until("Please enter your call:")
    assert client.hears_nothing_for(0.2)
    client.send("W1HKJ")
    assert re.search(rb"\nW1HKJ de AB5K-3 \d+-\w{3} \d{4}Z arc>\r\n$", client.until("arc>\r\n"))
    client.send("show/dx/30")
    assert client.until("arc>\r\n").count(b"\r\n") == 1


def test_the_rbn_sends_machine_spots_and_knows_no_history(node: Start) -> None:
    client = node("--dialect", "rbn", "--rate", "100").client()
    client.until("Please enter your call: ")
    client.send("W1HKJ")
    client.until("Connected.\r\n")
    client.until("DX de ")
    line = client.until("\r\n").decode()
    assert re.fullmatch(
        r"[A-Z0-9]+(-\d)?-#: +\d+\.\d  \S+ +(CW|RTTY|FT8|FT4) +-?\d+ dB  .{6}  .*\d{4}Z\r\n", line
    )
    client.send("sh/dx")
    client.until("Invalid command\r\n")


def test_a_lone_carriage_return_hangs(quiet: RunningNode) -> None:
    client = quiet.client()
    client.until("login: ")
    client.socket.sendall(b"W1HKJ\r")
    assert client.hears_nothing_for(0.3)
    client.socket.sendall(b"\n")
    client.until("Hello W1HKJ")


def test_a_word_is_no_callsign(quiet: RunningNode) -> None:
    client = quiet.client()
    client.until("login: ")
    client.send("hello")
    assert client.rest() == b"Sorry HELLO is an invalid callsign\r\n"


def test_passwords(node: Start) -> None:
    running = node("--password", "open sesame")
    client = running.client()
    client.until("login: ")
    client.send("W1HKJ")
    client.until("password: ")
    client.send("open sesame")
    client.until("dxspider >")
    client = running.client()
    client.until("login: ")
    client.send("W1HKJ")
    client.until("password: ")
    client.send("guess")
    begin = time.monotonic()
    assert client.rest() == b"Sorry\r\n"
    assert 1.3 < time.monotonic() - begin < 2.5


def test_a_told_spot_arrives_with_bells(node: Start) -> None:
    running = node()
    client = running.client().log_in()
    assert running.tell("spot", SPOT) == {"ok": True, "sessions": 1}
    assert LINE.fullmatch(client.until("\r\n"))


def test_a_raw_line_arrives_as_it_is(quiet: RunningNode) -> None:
    client = quiet.client().log_in()
    quiet.tell("line", "WWV de AE5E <04>:   SFI=133, A=12, K=3, No Storms -> No Storms é")
    assert (
        client.until("\r\n")
        == "WWV de AE5E <04>:   SFI=133, A=12, K=3, No Storms -> No Storms é\r\n".encode()
    )


def test_a_blank_line_is_answered_by_the_prompt(quiet: RunningNode) -> None:
    client = quiet.client().log_in()
    client.send("")
    assert client.until("\r\n").endswith(b"dxspider >\r\n")


def test_history_is_newest_first_then_the_prompt(node: Start) -> None:
    running = node()
    client = running.client().log_in()
    client.send("sh/dx 100")
    assert client.prompt().count(b"\r\n") == 1, "an empty list is the prompt alone"
    for n in range(120):
        running.tell("spot", f"F5AAA {14000 + n}.0 K1ABC number {n}")
    client.until("number 119")
    client.until("\r\n")
    for command, count in (("sh/dx", 10), ("SH/DX 100", 100), ("show/dx/25", 25), ("sh/dx 999", 100)):
        client.send(command)
        lines = client.prompt().decode().split("\r\n")[:-2]
        assert len(lines) == count
        assert "number 119" in lines[0]
        assert all(len(line) == 77 and line.endswith("<F5AAA>") for line in lines)


def test_a_filtered_history_comes_after_the_prompt(quiet: RunningNode) -> None:
    client = quiet.client().log_in()
    quiet.tell("spot", SPOT)
    quiet.tell("spot", "DL1ABC 7001.0 F6KOP")
    client.until("F6KOP")
    client.until("\r\n")
    client.send("sh/dx 5 k1abc")
    assert client.prompt().count(b"\r\n") == 1
    assert b"K1ABC" in client.until("<F5AAA>\r\n")
    client.send("sh/dx 5 by dl1")
    client.prompt()
    assert b"F6KOP" in client.until("<DL1ABC>\r\n")


def test_cc11_is_chosen_by_command(quiet: RunningNode) -> None:
    client = quiet.client().log_in()
    client.send("set/ve7cc")
    client.prompt()
    quiet.tell("spot", SPOT)
    assert re.match(
        rb"CC11\^29600\.0\^K1ABC\^\d+-\w{3}-\d{4}\^\d{4}Z\^FM big signal\^F5AAA\^", client.until("\r\n")
    )
    client.send("sh/dx")
    assert client.prompt().startswith(b"CC11^29600.0^K1ABC^")


def test_zones_are_chosen_by_command(quiet: RunningNode) -> None:
    client = quiet.client().log_in()
    client.send("set/dxcq")
    client.prompt()
    quiet.tell("spot", SPOT)
    assert re.search(rb" 5 \d{4}Z 14\a\a\r\n$", client.until("\r\n"))


def test_machine_spots_can_be_unset(quiet: RunningNode) -> None:
    client = quiet.client().log_in()
    client.send("unset/skimmer")
    client.prompt()
    quiet.tell("spot", "DL1ABC-# 14001.0 K1ABC CW 12dB")
    quiet.tell("spot", SPOT)
    assert b"-#" not in client.until("F5AAA")


def test_solar_tables(quiet: RunningNode) -> None:
    client = quiet.client().log_in()
    client.send("sh/wwv")
    assert client.prompt().count(b"<GB7TST-2>\r\n") == 3
    client.send("sh/wcy")
    assert b"Exp.K" in client.prompt()


def test_bulletins_come_soon_after_the_first_login_and_then_in_time(node: Start) -> None:
    client = node("--solar-every", "0.2").client().log_in()
    client.until("WWV de GB7TST-2 <")
    client.until("WCY de DK0WCY-1 <")
    assert re.match(rb"\d\d> : K=\d expK=\d A=\d+ R=\d+ SFI=\d+ SA=", client.until("\r\n"))
    client.until("WWV de GB7TST-2 <", seconds=1)


def test_21_bad_commands_in_a_row_are_too_many(quiet: RunningNode) -> None:
    client = quiet.client().log_in()
    for _ in range(20):
        client.send("blah")
    client.send("")
    for _ in range(21):
        client.send("blah")
    assert client.rest().count(b"Invalid command\r\n") == 41


def test_the_same_call_again_bumps_the_older_session(quiet: RunningNode) -> None:
    first = quiet.client().log_in("F5BBB")
    second = quiet.client().log_in("F5BBB")
    assert re.fullmatch(rb"Reconnected as F5BBB at \S+, this instance is disconnected\r\n", first.rest())
    quiet.client().log_in("F5BBB-1")
    quiet.tell("spot", SPOT)
    assert LINE.search(second.until("\r\n"))


def test_bye_ends_the_session_and_a_stop_says_so(node: Start) -> None:
    running = node()
    client = running.client().log_in()
    client.send("bye")
    assert client.rest() == b""
    client = running.client().log_in()
    running.process.terminate()
    assert client.rest() == b"GB7TST-2 shutting down...\r\n"
    assert running.process.wait(5) == 0


def test_a_stop_is_not_held_up_by_silence(node: Start) -> None:
    running = node("--misbehave", "silent")
    client = running.client()
    running.process.terminate()
    assert running.process.wait(3) == 0
    assert client.rest() == b""


def spots_in(text: bytes) -> list[bytes]:
    return [line.rstrip(b"\a\r") for line in text.split(b"\n") if line.startswith(b"DX de ")]


def test_the_sent_log_holds_what_the_client_got(node: Start, tmp_path: Path) -> None:
    sent_log = tmp_path / "sent.tsv"
    running = node("--rate", "500", "--sent-log", str(sent_log))
    client = running.client().log_in()
    while client.got.count(b"DX de ") < 300:
        client.got += client.socket.recv(65536)
    running.tell("rate", "0")
    time.sleep(0.1)
    client.send("bye")
    got = spots_in(client.rest())
    records = sent_log.read_bytes().splitlines()
    assert [record.partition(b"\t")[2] for record in records] == got
    assert running.tell("counts")["spots_sent"] == len(got)
    assert abs(float(records[-1].partition(b"\t")[0]) - time.time()) < 5


def test_the_made_log_holds_what_nobody_heard(node: Start, tmp_path: Path) -> None:
    made_log = tmp_path / "made.tsv"
    running = node("--made-log", str(made_log))
    running.tell("spot", SPOT)
    running.tell("line", "To ALL de F5AAA: no spot")
    time_, line = made_log.read_bytes().removesuffix(b"\n").split(b"\t")
    assert LINE.fullmatch(line + b"\a\a\r\n")
    assert abs(float(time_) - time.time()) < 5


def test_what_the_socket_has_not_taken_is_not_in_the_sent_log(node: Start, tmp_path: Path) -> None:
    sent_log = tmp_path / "sent.tsv"
    running = node("--sent-log", str(sent_log))
    client = running.client().log_in()
    running.tell("misbehave", "flood")
    for n in range(5):
        running.tell("spot", f"F5AAA {14000 + n}.0 K1ABC")
    counts = running.tell("counts")
    assert (counts["lines_waiting"], counts["spots_sent"]) == (5, 0)
    assert sent_log.read_bytes() == b""
    client.until("14004.0  K1ABC")
    time.sleep(0.1)
    assert len(sent_log.read_bytes().splitlines()) == running.tell("counts")["spots_sent"] == 5


def test_it_goes_on_alone_only_if_asked(node: Start) -> None:
    for arguments, expected in (((), False), (("--nonstop",), True)):
        running = node("--rate", "200", *arguments)
        time.sleep(0.3)
        assert bool(running.tell("counts")["spots_made"]) is expected


def test_replay_stamps_lines_anew_and_keeps_their_pace(node: Start, tmp_path: Path) -> None:
    recorded = tmp_path / "recorded.tsv"
    recorded.write_bytes(
        b"".join(
            b"%d\tDX de F5AAA:     14025.0  K1ABC        1234Z number %d         0357Z\r\n"
            % (1000 + 60 * n, n)
            for n in range(3)
        )
    )
    running = node("--replay", str(recorded), "--speed", "200")
    client = running.client().log_in()
    client.until("number 0")
    begin = time.monotonic()
    stamp = client.until("\r\n").split()[0].decode()
    client.until("number 2")
    assert 0.4 < time.monotonic() - begin < 1.2
    now = datetime.now(UTC)
    assert abs(int(stamp[2:4]) - now.minute) % 60 in (0, 1, 59)
    client.send("sh/dx")
    assert b"1234Z number 2" in client.prompt()
    kept = node("--replay", str(recorded), "--speed", "max", "--keep-time").client().log_in()
    kept.until("number 2         0357Z\r\n")


class TestMisbehaviour:
    def test_silent_keeps_everything_open_and_says_nothing(self, node: Start) -> None:
        running = node("--rate", "100")
        client = running.client().log_in()
        client.until("DX de ")
        running.tell("misbehave", "silent")
        while not client.hears_nothing_for(0.2):
            client.socket.recv(1 << 20)
        client.send("")
        assert client.hears_nothing_for(0.4)
        assert running.client().hears_nothing_for(0.2)
        running.tell("misbehave", "none")
        client.until("DX de ")

    def test_half_goes_silent_after_the_login(self, node: Start) -> None:
        client = node("--rate", "100", "--misbehave", "half").client().log_in()
        client.send("")
        assert client.hears_nothing_for(0.4)

    def test_close_ends_sessions_in_time(self, node: Start) -> None:
        running = node("--misbehave", "close:0.5")
        begin = time.monotonic()
        client = running.client().log_in()
        client.rest()
        assert 0.4 < time.monotonic() - begin < 1.5

    def test_reset_comes_in_the_middle_of_a_line(self, node: Start) -> None:
        running = node("--misbehave", "reset")
        client = running.client().log_in()
        running.tell("spot", SPOT)
        client.socket.settimeout(5)
        got = b""
        with pytest.raises(ConnectionResetError):
            while more := client.socket.recv(65536):
                got += more
        assert got.startswith(b"DX de F5")
        assert b"\n" not in got
        assert running.tell("counts")["spots_sent"] == 0

    @pytest.mark.parametrize(
        ("kind", "said"),
        [
            ("invalid", b"Sorry W1HKJ is an invalid callsign\r\n"),
            ("registered", b"Sorry, you need to be registered\r\n"),
            ("elsewhere", b"Sorry W1HKJ you are connected to me on another port\r\n"),
            ("locked", b""),
        ],
    )
    def test_refuse_ends_sessions_and_refuses_new_ones(self, node: Start, kind: str, said: bytes) -> None:
        running = node()
        client = running.client().log_in()
        running.tell("misbehave", f"refuse:{kind}")
        assert client.rest() == b"Disconnected by GB7TST-2\r\n"
        client = running.client()
        client.until("login: ")
        client.send("W1HKJ")
        assert client.rest() == said
        assert running.tell("counts")["refused_total"] == 1

    def test_garbage_leaves_the_spots_whole(self, node: Start) -> None:
        running = node("--misbehave", "garbage")
        client = running.client().log_in()
        for _ in range(20):
            running.tell("spot", SPOT)
        client.send("bye")
        rest = client.rest()
        assert len(LINE.findall(rest)) == 20
        assert len(rest.split(b"\r\n")) == 41
        assert any(byte > 127 for byte in rest)
        assert b"\xff" not in rest

    def test_a_slow_prompt_comes_byte_by_byte(self, node: Start) -> None:
        client = node("--misbehave", "slow-prompt:0.7").client()
        pieces = [client.socket.recv(100) for _ in range(7)]
        assert pieces == [b"l", b"o", b"g", b"i", b"n", b":", b" "]
        client.send("W1HKJ")
        client.until("dxspider >")

    def test_the_banner_holds_the_words_of_the_prompt(self, node: Start) -> None:
        client = node("--misbehave", "banner-trap").client()
        banner = client.until("\r\n\r\nlogin: ")
        assert all(word in banner for word in (b"login: ", b"Please enter your call: ", b"password"))
        client.send("W1HKJ")
        client.until("dxspider >")

    def test_telnet_negotiation_stands_within_the_prompt_and_before_spots(self, node: Start) -> None:
        running = node("--misbehave", "iac")
        client = running.client()
        assert b"\xff\xfb\x01" in client.until(b"log\xff\xfd\x1f\xff\xf1in: ")
        client.socket.sendall(b"\xff\xfc\x1f\xff\xfe\x01W1HKJ\r\n")
        client.until("Hello W1HKJ,")
        client.prompt()
        running.tell("spot", SPOT)
        assert client.until("\r\n").startswith(b"\xff\xfd\x1f\xff\xf1DX de F5AAA:")

    def test_a_flood_is_ten_million_bytes_without_a_newline(self, node: Start) -> None:
        running = node("--misbehave", "flood")
        client = running.client().log_in()
        size = 0
        while not (more := client.socket.recv(1 << 20)).endswith(b"\n"):
            assert b"\n" not in more
            size += len(more)
        assert size + len(more) == 10_000_002
        running.tell("spot", SPOT)
        client.until("K1ABC")

    def test_a_bumped_session_hears_of_another_one(self, node: Start) -> None:
        running = node()
        client = running.client().log_in()
        running.tell("misbehave", "bump")
        assert client.rest() == b"Reconnected as W1HKJ at GB7TST-2, this instance is disconnected\r\n"
        assert b"this instance is disconnected" in running.client().log_in().rest()

    def test_a_frozen_node_reads_nothing(self, node: Start) -> None:
        running = node("--rate", "100")
        client = running.client().log_in()
        running.tell("misbehave", "freeze")
        client.socket.setblocking(False)
        with pytest.raises(BlockingIOError):
            for _ in range(1000):
                client.socket.send(b"\r\n" * 32_768)
        client.socket.setblocking(True)
        running.tell("misbehave", "none")
        client.prompt()

    def test_random_bytes_end_before_the_spot_begins(self, node: Start) -> None:
        running = node("--misbehave", "random")
        client = running.client().log_in()
        for _ in range(20):
            running.tell("spot", SPOT)
        client.send("bye")
        rest = client.rest()
        assert rest.count(b"\nDX de F5AAA:") == 20
        assert b"\xff" in rest

    def test_history_comes_late_or_never(self, node: Start) -> None:
        running = node("--misbehave", "late-history:0.3")
        running.tell("spot", SPOT)
        client = running.client().log_in()
        client.send("sh/dx 10")
        assert b"K1ABC" not in client.prompt()
        assert b"K1ABC" in client.until("<F5AAA>\r\n")
        running.tell("misbehave", "no-history")
        client.send("sh/dx 10")
        assert client.hears_nothing_for(0.5)

    def test_it_behaves_again_in_time(self, node: Start) -> None:
        running = node("--misbehave", "refuse:elsewhere@0.8")
        assert running.tell("counts")["misbehave"] == "refuse:elsewhere@0.8"
        client = running.client()
        client.until("login: ")
        client.send("W1HKJ")
        assert b"connected to me on another port" in client.rest()
        while running.tell("counts")["misbehave"] != "none":
            time.sleep(0.05)
        running.client().log_in()


def test_drop_ends_all_sessions(node: Start) -> None:
    running = node()
    clients = [running.client().log_in(call) for call in ("F5AAA", "F5BBB")]
    assert running.tell("drop") == {"ok": True, "sessions": 2}
    assert [client.rest() for client in clients] == [b"", b""]


def test_counts(node: Start) -> None:
    running = node()
    running.client().log_in("F5AAA-1")
    kept = running.client().log_in("F5BBB")
    running.tell("spot", SPOT)
    kept.until("K1ABC")
    time.sleep(0.05)
    counts = running.tell("counts")
    assert counts["spots_made"] == 1
    assert counts["sessions_total"] == counts["logged_in_total"] == 2
    assert "F5BBB" in json.dumps(counts["logged_in"])
    assert counts["misbehave"] == "none"


def test_a_client_that_sends_rubbish_harms_nobody(node: Start) -> None:
    running = node()
    rude = Client(running.address)
    rude.until("login: ")
    rude.socket.sendall(b"\x00\xff\xfe" * 200_000)
    rude.socket.close()
    running.client().log_in()
