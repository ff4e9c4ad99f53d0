"""The faults, one function each: it does the fault to a station and returns when it is over.

What it returns is the moment from which spots shall flow again, in Unix seconds. What it is equipped with
comes first, before the station is started, and is its second argument if there is any. Its docstring is its
text in docs/reliability.md.
"""

import random
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeAlias

from tests.faults.cluster import Cluster, owned_by_server
from tests.faults.pace import SLACK_SECONDS, Pace
from tests.faults.spaces import Link, Mounts, SmallDisk, let_write, need
from tests.faults.station import NODES, Station, wait_until

Do: TypeAlias = Callable[..., float]
Equip: TypeAlias = Callable[[Station], object]

# The scraper's own waits, in seconds, with the most that jitter adds.
FIRST_WAIT = 15
LONGEST_WAIT = 450
DATABASE_WAIT = 10


@dataclass(frozen=True)
class Fault:
    """`deadline` in seconds, by the pace; `concerns` are the nodes whose spots it stops.

    `repaired` when it loses what was sent, and only `sh/dx` can bring it back.
    """

    title: str
    do: Do
    deadline: Callable[[Pace], float]
    concerns: Sequence[str]
    repaired: bool
    equip: Equip | None

    @property
    def name(self) -> str:
        return self.do.__name__

    @property
    def text(self) -> str:
        return " ".join((self.do.__doc__ or "").split())


FAULTS: list[Fault] = []


def fault(
    title: str,
    *,
    unhurried: float = 0,
    hurried: float = 0,
    concerns: Sequence[str] = ("a",),
    repaired: bool = False,
    equip: Equip | None = None,
) -> Callable[[Do], Do]:
    """Its deadline is the sum of the waits that the short form shortens and those it does not, and the
    slack."""

    def enlist(do: Do) -> Do:
        def deadline(pace: Pace) -> float:
            return unhurried + pace.wait(hurried) + SLACK_SECONDS

        FAULTS.append(Fault(title, do, deadline, concerns, repaired, equip))
        return do

    return enlist


def _fewer_spots(station: Station) -> None:
    """So that the 100 lines of `sh/dx` reach back to before a kill: 30 seconds, on a busy machine."""
    for name in NODES:
        station.equip_node(name, rate=10 / len(NODES))


# Links and nodes


def _on_a_link(station: Station) -> Link:
    need("network namespaces", "unshare", "--net", "true")
    link = Link()
    station.stack.callback(link.close)
    # As much as `sh/dx` can bring back of such a silence: a node's human spots are far fewer.
    silence = station.pace.silence_seconds + station.pace.probe_seconds
    station.equip_node("a", inside=link.inside, address=link.address, rate=40 / silence)
    return link


@fault("half-open link", hurried=180 + 30, unhurried=2, repaired=True, equip=_on_a_link)
def half_open_link(station: Station, link: Link) -> float:
    """All packets of node a's connection vanish in both directions and no FIN comes, as when a router
    between has forgotten it; new connections pass. The kernel's keepalive gives such a link up after 2
    minutes; were it not for that, the scraper would ask after 3 minutes of silence and wait 30 seconds for
    the answer, and that is the deadline, from the last packet that passed. Node a, at a rate of its own,
    makes 40 spots in such a silence: more than the 100 of `sh/dx` nobody could bring back.
    """
    node = station.nodes["a"]
    sessions = node.count("logged_in_total")
    link.forget_connections(node.port)
    since = time.time()
    node.until_logged_in(sessions, station.pace.wait(300) + 60)
    node.tell("rate", "5")
    return since


@fault("node silent but open", hurried=60, unhurried=30)
def node_hangs(station: Station) -> float:
    """Node a keeps its connections open, reads nothing and sends nothing for 5 minutes, and lets nobody
    in."""
    station.nodes["a"].tell("misbehave", "freeze")
    station.sleep(300)
    station.nodes["a"].tell("misbehave", "none")
    return time.time()


@fault("node closes every 5 s", hurried=FIRST_WAIT)
def node_closes(station: Station) -> float:
    """For 2 minutes node a ends each session 5 seconds after it began."""
    station.nodes["a"].tell("misbehave", f"close:{station.pace.wait(5):g}")
    station.sleep(120)
    station.nodes["a"].tell("misbehave", "none")
    return time.time()


@fault("RST in mid-line", hurried=2 * FIRST_WAIT)
def reset_in_mid_line(station: Station) -> float:
    """Three times node a sends half a spot and resets the connection. A reset also throws away what the
    kernel of the scraper's machine had received and the scraper not yet read."""
    node = station.nodes["a"]
    for _ in range(3):
        sessions = node.count("logged_in_total")
        node.tell("misbehave", "reset")
        wait_until(lambda: node.count("sessions") == 0, "the session is reset", 30)
        node.tell("misbehave", "none")
        since = time.time()
        node.until_logged_in(sessions, LONGEST_WAIT)
    return since


@fault("node down, its port refuses", hurried=LONGEST_WAIT)
def node_down(station: Station) -> float:
    """Node a is killed and for 10 minutes nothing listens at its port. The waits between two calls grow
    from 10 seconds to 5 minutes, with up to half as much again at random."""
    station.nodes["a"].stop(signal.SIGKILL)
    station.sleep(600)
    station.nodes["a"].start()
    return time.time()


@fault("node refuses the log-in", hurried=LONGEST_WAIT)
def node_refuses(station: Station) -> float:
    """For 10 minutes node a ends all sessions and answers each call with "Sorry, you need to be
    registered"."""
    station.nodes["a"].tell("misbehave", "refuse:registered")
    station.sleep(600)
    station.nodes["a"].tell("misbehave", "none")
    return time.time()


def _log_in_anew(station: Station, misbehaviour: str) -> float:
    """The session of node a is ended, the next one meets this."""
    node = station.nodes["a"]
    node.tell("misbehave", misbehaviour)
    node.tell("drop")
    return time.time()


@fault("banner with login and password in it", hurried=FIRST_WAIT)
def banner(station: Station) -> float:
    """Before its prompt node a sends a banner whose lines hold "login:", "password:" and "Please enter
    your call:"."""
    return _log_in_anew(station, "banner-trap")


@fault("prompt late, byte by byte", hurried=FIRST_WAIT, unhurried=5)
def prompt_late(station: Station) -> float:
    """Node a takes 5 seconds for its prompt, a byte at a time."""
    return _log_in_anew(station, "slow-prompt:5")


@fault("telnet negotiation", hurried=FIRST_WAIT, unhurried=2)
def telnet_negotiation(station: Station) -> float:
    """Node a sends IAC sequences within its prompt, a byte at a time, and before every spot."""
    since = _log_in_anew(station, "iac")
    station.until_flowing(since, ["a"], FIRST_WAIT + 30)
    station.sleep(60)
    return since


def _with_password(station: Station) -> None:
    file = station.folder / "password"
    file.write_text("73-de-simulator\n")
    file.chmod(0o640)
    station.equip_node(
        "a", arguments=["--password", "73-de-simulator"], setting=f'password_file = "{file}"\n'
    )


@fault("password log-in", hurried=FIRST_WAIT, equip=_with_password)
def password(station: Station) -> float:
    """Node a asks everybody for a password. Its session is ended, and it is logged in to again."""
    return _log_in_anew(station, "none")


@fault("same call bumped by another", hurried=LONGEST_WAIT)
def bumped(station: Station) -> float:
    """Another program logs in to node a with the scraper's call, and the node ends the scraper's
    session. To come back at once would bump the other one, and so on for ever: the scraper waits 5
    minutes at least."""
    node = station.nodes["a"]
    node.tell("rate", "0")
    wait_until(lambda: node.count("lines_waiting") == 0, "what was made is sent", 10)
    node.log_in("N0CALL-1")
    node.tell("rate", str(node.rate))
    return time.time()


@fault("10 MB without a newline", unhurried=5)
def no_newline(station: Station) -> float:
    """Node a sends 10 MB without a line's end."""
    cpu = station.scraper.cpu_seconds()
    memory = station.scraper.most_memory_mb()
    station.nodes["a"].tell("misbehave", "flood")
    since = time.time()
    station.until_flowing(since, ["a"], 60)
    station.nodes["a"].tell("misbehave", "none")
    cpu = station.scraper.cpu_seconds() - cpu
    memory = station.scraper.most_memory_mb() - memory
    station.note(f"memory grew by {memory:.1f} MB at most, {cpu:.1f} s of CPU time")
    assert memory < 20
    assert cpu < 5
    return since


@fault("random bytes")
def random_bytes(station: Station) -> float:
    """For 2 minutes node a sends up to 4 KB of any bytes before every spot, line ends and telnet's 255 among
    them, each time with a line's end after them."""
    station.nodes["a"].tell("misbehave", "random")
    station.sleep(120)
    station.nodes["a"].tell("misbehave", "none")
    return time.time()


@fault("storm of 5,000 spots/s", unhurried=30, concerns=NODES)
def storm(station: Station) -> float:
    """For a minute the three nodes send 5,000 spots a second. The time is the one in which the scraper
    catches up."""
    made = sum(node.count("spots_made") for node in station.nodes.values())
    begins = time.monotonic()
    for node in station.nodes.values():
        node.tell("rate", str(5000 / len(NODES)))
    station.sleep(60)
    for node in station.nodes.values():
        node.tell("rate", str(node.rate))
    lasted = time.monotonic() - begins
    since = time.time()
    made = sum(node.count("spots_made") for node in station.nodes.values()) - made
    station.until_flowing(since, NODES, 300)
    memory = station.scraper.most_memory_mb()
    station.note(f"{made / lasted:,.0f} spots/s for {lasted:.0f} s, memory {memory:.0f} MB at most")
    return since


def _by_name(station: Station) -> Path:
    hosts, resolver = station.folder / "hosts", station.folder / "resolv.conf"
    hosts.write_text("127.0.0.1 localhost node-a.test\n")
    # Of the networks for documentation: nobody answers there.
    resolver.write_text("nameserver 192.0.2.1\noptions timeout:1 attempts:1\n")
    mounts = Mounts(("--bind", str(hosts), "/etc/hosts"), ("--bind", str(resolver), "/etc/resolv.conf"))
    station.stack.callback(mounts.close)
    station.equip_node("a", host="node-a.test")
    station.equip_scraper(inside=mounts.inside)
    return hosts


@fault("DNS fails, then is back", hurried=120, equip=_by_name)
def dns(station: Station, hosts: Path) -> float:
    """Node a ends the session, and for 2 minutes its name cannot be looked up."""
    hosts.write_text("127.0.0.1 localhost\n")
    station.nodes["a"].tell("drop")
    station.sleep(120)
    hosts.write_text("127.0.0.1 localhost node-a.test\n")
    return time.time()


# The database


@fault("PostgreSQL restarted", unhurried=DATABASE_WAIT, concerns=NODES)
def database_restarted(station: Station) -> float:
    """Three restarts, each of which ends all connections."""
    for _ in range(3):
        station.cluster.restart()
        time.sleep(2)
    return time.time()


@fault("PostgreSQL down", unhurried=DATABASE_WAIT, hurried=30, concerns=NODES)
def database_down(station: Station) -> float:
    """PostgreSQL is away for 10 minutes. The time is the one in which the scraper notices and catches up with
    what waits in the spool: 30 seconds for 30,000 spots.
    """
    station.cluster.stop()
    station.sleep(600)
    station.cluster.start()
    return time.time()


@fault("connections ended by the admin", unhurried=DATABASE_WAIT, concerns=NODES)
def connections_ended(station: Station) -> float:
    """For 2 minutes, every 3 seconds, pg_terminate_backend ends the connections of the scraper."""
    ended = 0
    until = time.monotonic() + max(station.pace.lasting(120), 10)
    while time.monotonic() < until:
        ended += station.cluster.ask(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'scraper'"
        )[0][0]
        time.sleep(3)
    assert ended > 2
    station.note(f"{ended} connections ended")
    return time.time()


def _on_small_disk(station: Station) -> SmallDisk:
    disk = SmallDisk(station.folder / "disk", 160)
    station.stack.callback(disk.close)
    data = disk.seen_from_outside / "data"
    station.copy_template(data)
    owned_by_server(disk.seen_from_outside)
    station.cluster = Cluster(station.folder, station.folder / "disk" / "data", disk.inside)
    return disk


@fault("disk of the database full", unhurried=DATABASE_WAIT, concerns=NODES, equip=_on_small_disk)
def database_disk_full(station: Station, disk: SmallDisk) -> float:
    """The disk that holds all of PostgreSQL is filled to the last byte for 2 minutes. Where PostgreSQL
    gives up because of it, it is started again once there is room."""
    disk.fill()
    station.sleep(120)
    wait_until(lambda: _trouble_with_the_database(station), "the database is in trouble", 60)
    disk.clear()
    if not station.cluster.answers():
        station.note("PostgreSQL gave up and was started again")
        station.cluster.stop(signal.SIGQUIT)
        station.cluster.start()
    return time.time()


def _trouble_with_the_database(station: Station) -> bool:
    return station.scraper.metric("database_up") == 0


@fault("refused rows in a batch", concerns=NODES)
def refused_rows(station: Station) -> float:
    """For a minute a constraint refuses one report in thirty, whose spotter's call begins with a
    certain letter: these rows are kept, with the reason, in table refused_rows; the rest of each batch
    is stored."""
    station.cluster.ask(
        "ALTER TABLE spot_rows ADD CONSTRAINT no_such_spotter CHECK (spotter !~ '^G') NOT VALID"
    )
    station.sleep(60)
    station.cluster.ask("ALTER TABLE spot_rows DROP CONSTRAINT no_such_spotter")
    since = time.time()
    refused = station.cluster.ask("SELECT count(*) FROM refused_rows WHERE reason <> ''")[0][0]
    assert refused > 0
    station.note(f"{refused} rows refused and kept with the reason")
    return since


@fault("deadlocks", unhurried=DATABASE_WAIT, concerns=NODES)
def deadlocks(station: Station) -> float:
    """For a minute another transaction takes the same two locks as the scraper's, in the other order, and
    PostgreSQL breaks each deadlock by ending the scraper's."""
    station.cluster.ask(
        """CREATE FUNCTION take_locks() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            PERFORM pg_advisory_xact_lock(1), pg_sleep(0.1), pg_advisory_xact_lock(2);
            RETURN NULL;
        END $$"""
    )
    station.cluster.ask(
        "CREATE TRIGGER take_locks BEFORE INSERT ON spot_rows"
        " FOR EACH STATEMENT EXECUTE FUNCTION take_locks()"
    )
    over = threading.Event()

    def compete() -> None:
        with station.cluster.connect() as rival:
            # The one that waits for shorter before it looks is the one that is ended.
            rival.execute("SET deadlock_timeout = '1min'")
            while not over.is_set():
                with rival.transaction():
                    rival.execute("SELECT pg_advisory_xact_lock(2)")
                    time.sleep(0.1)
                    rival.execute("SELECT pg_advisory_xact_lock(1)")
                time.sleep(0.3)

    rival = threading.Thread(target=compete)
    rival.start()
    station.sleep(60)
    over.set()
    rival.join()
    since = time.time()
    station.cluster.ask("DROP TRIGGER take_locks ON spot_rows")
    (number,) = station.cluster.ask(
        "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    )[0]
    assert number > 0
    station.note(f"{number} deadlocks")
    return since


@fault("serialisation failures", unhurried=DATABASE_WAIT, concerns=NODES)
def serialisation_failures(station: Station) -> float:
    """For a minute every other insert ends with PostgreSQL's error 40001, as between serialisable
    transactions."""
    station.cluster.ask("CREATE SEQUENCE tries")
    station.cluster.ask(
        """CREATE FUNCTION fail_each_other() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
            IF nextval('tries') % 2 = 1 THEN
                RAISE EXCEPTION 'could not serialize access' USING ERRCODE = 'serialization_failure';
            END IF;
            RETURN NULL;
        END $$"""
    )
    station.cluster.ask(
        "CREATE TRIGGER fail BEFORE INSERT ON spot_rows FOR EACH STATEMENT EXECUTE FUNCTION fail_each_other()"
    )
    station.sleep(60)
    since = time.time()
    station.cluster.ask("DROP TRIGGER fail ON spot_rows")
    failed = (station.cluster.ask("SELECT last_value FROM tries")[0][0] + 1) // 2
    assert failed > 1
    station.note(f"{failed} transactions failed")
    return since


# The spool


def _spool_on_small_disk(station: Station) -> SmallDisk:
    disk = SmallDisk(station.folder / "disk", 16)
    station.stack.callback(disk.close)
    station.equip_scraper(inside=disk.inside, spool=station.folder / "disk" / "spool.sqlite")
    return disk


@fault("disk of the spool full", unhurried=5, concerns=NODES, equip=_spool_on_small_disk)
def spool_disk_full(station: Station, disk: SmallDisk) -> float:
    """The disk that holds the spool is filled to the last byte for 40 seconds: the scraper stops
    reading, and the nodes' spots wait in the sockets."""
    disk.fill()
    station.sleep(40)
    disk.clear()
    return time.time()


def _files_can_be_locked(station: Station) -> None:
    probe = station.folder / "probe"
    probe.touch()
    need("files that nobody may write to", "chattr", "+i", str(probe))
    let_write(True, [probe])


@fault("disk of the spool read-only", unhurried=5, concerns=NODES, equip=_files_can_be_locked)
def spool_read_only(station: Station) -> float:
    """The disk refuses each write to the spool's files for 40 seconds, as after an error of its own."""
    spool = station.scraper.spool
    # Not the one that SQLite maps into memory: a write to that would be a signal and no error.
    files = [spool, spool.with_name(f"{spool.name}-wal")]
    station.stack.callback(let_write, True, files)
    let_write(False, files)
    station.sleep(40)
    let_write(True, files)
    return time.time()


def _spool_of_a_megabyte(station: Station) -> None:
    station.equip_scraper(settings="spool_max_mb = 1")


@fault("spool at its bound", unhurried=5 + DATABASE_WAIT, concerns=NODES, equip=_spool_of_a_megabyte)
def spool_at_its_bound(station: Station) -> float:
    """PostgreSQL is down until the spool holds the 1 MB that the settings allow here, and 40 s longer: the
    scraper stops reading, and the nodes' spots wait in the sockets.
    """
    station.cluster.stop()
    for node in station.nodes.values():
        node.tell("rate", "500")
    bound = station.scraper.metric("spool_max_bytes")
    assert bound == 1_000_000
    wait_until(lambda: station.scraper.metric("spool_bytes") >= bound, "the spool is full", 60)
    for node in station.nodes.values():
        node.tell("rate", str(node.rate))
    station.sleep(40)
    station.cluster.start()
    return time.time()


@fault("spool damaged", unhurried=5 + DATABASE_WAIT, concerns=NODES, equip=_fewer_spots)
def spool_damaged(station: Station) -> float:
    """While PostgreSQL is down and the spool fills, the scraper is killed, and the first 100 bytes of
    the spool's file, which say what it is, are overwritten. The scraper is started again, then
    PostgreSQL. The nodes send 10 spots a second together.
    """
    station.cluster.stop()
    station.sleep(60)
    station.scraper.end(signal.SIGKILL)
    with sqlite3.connect(station.scraper.spool) as spool:
        spool.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    spool.close()
    with station.scraper.spool.open("r+b") as file:
        file.write(random.Random(1).randbytes(100))
    station.scraper.start()
    wait_until(lambda: station.scraper.metric("session_up") == len(NODES), "logged in", 60)
    station.cluster.start()
    return time.time()


# The process and the machine


@fault("kill -9 at random", unhurried=5, concerns=NODES, repaired=True, equip=_fewer_spots)
def killed(station: Station) -> float:
    """50 times the scraper is killed at a random moment, up to 3 seconds after it logged in to all nodes, and
    started again, as systemd does. What the kernel had received and the scraper not yet read dies with it:
    that is the loss nobody can avoid, and `sh/dx` brings it back. The nodes send 10 spots a second together,
    so that its 100 lines reach back to before the kill on a busy machine, too. Before the first kill it is
    halted until each node has sent something: that is surely not read.
    """
    rng = random.Random(50)
    times = 50 if station.pace.full else 8
    station.scraper.send(signal.SIGSTOP)
    nodes = station.nodes.values()
    sent = [len(node.sent()) for node in nodes]
    wait_until(
        lambda: all(len(node.sent()) > before for node, before in zip(nodes, sent, strict=True)),
        "each node has sent something",
        30,
    )
    for number in range(times):
        if number:
            time.sleep(rng.uniform(0, 3))
        station.scraper.end(signal.SIGKILL)
        station.scraper.start()
        wait_until(lambda: station.scraper.metric("session_up") == len(NODES), "logged in", 60)
    station.note(f"{times} times")
    return time.time()


@fault("process halted", unhurried=5, concerns=NODES)
def halted(station: Station) -> float:
    """The scraper gets no time to run for 5 minutes, as when a provider halts a virtual machine, and goes
    on. What came meanwhile waits in the sockets.
    """
    station.scraper.send(signal.SIGSTOP)
    station.sleep(300)
    station.scraper.send(signal.SIGCONT)
    return time.time()


@fault("power cut", unhurried=5 + DATABASE_WAIT, concerns=NODES, equip=_fewer_spots)
def power_cut(station: Station) -> float:
    """Scraper and PostgreSQL are ended at the same moment without a word, and the scraper is back 5 seconds
    before PostgreSQL is. The nodes send 10 spots a second together, as above.
    """
    station.cluster.stop(signal.SIGQUIT)
    station.scraper.end(signal.SIGKILL)
    time.sleep(2)
    station.scraper.start()
    time.sleep(5)
    station.cluster.start()
    return time.time()


def _clock_can_jump(station: Station) -> Path:
    return station.set_clocks(0, of_nodes=False)


def _jump(station: Station, clock: Path, seconds: int) -> float:
    clock.write_text(f"{seconds:+d}")
    since = time.time()
    station.until_flowing(since, NODES, 60)
    station.sleep(60)
    return since


@fault("clock jumps 2 hours ahead", concerns=NODES, equip=_clock_can_jump)
def clock_ahead(station: Station, clock: Path) -> float:
    """The clock of the scraper's machine jumps 2 hours ahead and stays there. No spot may be dated by it."""
    return _jump(station, clock, 7200)


@fault("clock jumps 2 hours back", concerns=NODES, equip=_clock_can_jump)
def clock_back(station: Station, clock: Path) -> float:
    """The same, 2 hours back."""
    return _jump(station, clock, -7200)


def _before_midnight(station: Station) -> tuple[datetime, float]:
    """A month's end two months from now, and when it will be by the machine's clock.

    The schema comes with partitions of this month and the next.
    """
    month = datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    for _ in range(3):
        month = (month + timedelta(days=31)).replace(day=1)
    ahead = round(month.timestamp() - time.time()) - 30
    station.set_clocks(ahead, of_nodes=True)
    return month, month.timestamp() - ahead


@fault("midnight and month's end", concerns=NODES, equip=_before_midnight)
def month_end(station: Station, end: tuple[datetime, float]) -> float:
    """Nodes and scraper cross midnight into a month whose partition nobody has made before them."""
    month, moment = end
    partition = f"spots_human_{month:%Y_%m}"
    there = "SELECT to_regclass(%s) IS NOT NULL"
    time.sleep(max(moment - time.time(), 0))
    station.until_flowing(moment, NODES, 60)
    wait_until(lambda: station.cluster.ask(there, partition)[0][0], f"{partition} is made", 30)
    station.sleep(60)
    return moment


@fault("two scrapers at one database", concerns=NODES)
def two_scrapers(station: Station) -> float:
    """A second scraper, with a call and a spool of its own, logs in to the same nodes and stores in the same
    database for 2 minutes; a third one, with the settings of the first, has to give up."""
    second = station.make_scraper(station.folder / "second", callsign="N0CALL-2")
    second.start()
    wait_until(lambda: second.metric("session_up") == len(NODES), "logged in", 30)
    since = time.time()
    assert station.scraper.run_again(30) == 2
    station.sleep(120)
    assert second.end() == 0
    doubled = station.scraper.metric("spots_doubled_total")
    assert doubled > 0
    return since
