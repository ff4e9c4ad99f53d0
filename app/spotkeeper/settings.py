"""The settings file, /etc/spotkeeper/spotkeeper.toml, as checked values."""

import re
from collections.abc import Sequence
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated, Literal, get_args
from urllib.parse import urlsplit

import msgspec
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from spotkeeper.errors import OperatorError

Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]
Seconds = Annotated[int, msgspec.Meta(ge=1, le=86400)]
RequestsPerMinute = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
Days = Annotated[int, msgspec.Meta(ge=0, le=36_500)]
NodeKind = Literal["dxspider", "cccluster", "arcluster", "rbn"]

CALLSIGN = re.compile(r"(?=[A-Z0-9/]*[0-9])(?=[A-Z0-9/]*[A-Z])[A-Z0-9/]{3,12}(-[1-9][0-9]?)?")
NODE_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")
COMMAND_MAX = 200
COMMAND = re.compile(rf"[ -~]{{1,{COMMAND_MAX}}}")
SECRET_KEY_BYTES = 32
# What msgspec calls a kind of value, and what we do.
KINDS = {"`int`": "a whole number", "`str`": "a text", "`bool`": "true or false", "`object`": "a table"}


class SettingsError(OperatorError):
    """The settings cannot be used."""


class _Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Database(_Section, frozen=True):
    """Where PostgreSQL is; each process adds `user=` with the role of its own."""

    conninfo: str = "host=/run/postgresql dbname=spotkeeper"

    def __post_init__(self) -> None:
        try:
            given = conninfo_to_dict(self.conninfo)
        except ProgrammingError as error:
            raise ValueError(f"conninfo: not a libpq connection string ({str(error).strip()})") from None
        for key in ("user", "options"):
            if key in given:
                raise ValueError(f"conninfo: must not hold {key}=, each process sets its own")


class Node(_Section, frozen=True):
    """One DX-cluster node to log in to: at `host` and `port`, or at the first of `addresses` that answers.

    `callsign` and `silence_seconds` override the scraper's own; `commands` are sent after each log-in.
    """

    name: str
    kind: NodeKind
    host: str = ""
    port: Port | None = None
    addresses: tuple[str, ...] = ()
    callsign: str = ""
    password_file: Path | None = None
    commands: tuple[str, ...] = ()
    silence_seconds: Seconds | None = None

    def __post_init__(self) -> None:
        if not NODE_NAME.fullmatch(self.name):
            raise ValueError(
                f"name: {self.name!r} is not a node's name: 1 to 32 of a-z, 0-9, '.', '_' and '-',"
                " a letter or digit first"
            )
        if self.addresses and (self.host or self.port):
            raise ValueError("addresses: set either these or host and port")
        if not self.addresses and not self.host:
            raise ValueError("host: is missing")
        if not self.addresses and self.port is None:
            raise ValueError("port: is missing")
        for address in self.addresses:
            if _target(address) is None:
                raise ValueError(f"addresses: {address!r} is not HOST:PORT, such as dx.example.org:7300")
        if len(set(self.addresses)) < len(self.addresses):
            raise ValueError("addresses: one stands there twice")
        if self.callsign:
            _check_callsign(self.callsign)
        for command in self.commands:
            if not COMMAND.fullmatch(command):
                raise ValueError(
                    f"commands: {command!r} is not a command: 1 to {COMMAND_MAX} characters of one line"
                )

    @property
    def targets(self) -> tuple[tuple[str, int], ...]:
        """Host and port of each address, in the order in which they are tried."""
        if self.port is not None:
            return ((self.host, self.port),)
        return tuple(target for target in map(_target, self.addresses) if target)

    def password(self) -> str:
        """What the node asks for beside the callsign. Raises SettingsError when there is none."""
        if self.password_file is None:
            raise SettingsError("no password_file is set")
        try:
            password = self.password_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            words = error.strerror if isinstance(error, OSError) else "not a text in UTF-8"
            raise SettingsError(f"cannot read {self.password_file}: {words}") from None
        if not password or len(password.splitlines()) > 1:
            raise SettingsError(f"{self.password_file} must hold one line, the password")
        return password


def _target(address: str) -> tuple[str, int] | None:
    host, _, port = address.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        return None
    if not host or not re.fullmatch(r"[0-9]{1,5}", port) or not 1 <= int(port) <= 65535:
        return None
    return host, int(port)


def _check_callsign(callsign: str) -> None:
    if not CALLSIGN.fullmatch(callsign):
        raise ValueError(
            f"callsign: {callsign!r} is not a callsign in capitals, such as N0CALL-1 with an"
            " optional SSID from -1 to -99"
        )


class Scraper(_Section, frozen=True):
    """Sessions with the nodes, and the spool between them and PostgreSQL."""

    callsign: str
    nodes: Annotated[list[Node], msgspec.Meta(min_length=1)]
    spool: Path = Path("/var/lib/spotkeeper/spool.sqlite")
    spool_max_mb: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 2048
    country_file: Path = Path("/usr/share/hamradio-files/cty.csv")
    metrics_port: Port = 9810
    silence_seconds: Seconds = 180
    probe_seconds: Seconds = 30

    def __post_init__(self) -> None:
        _check_callsign(self.callsign)
        names = [node.name for node in self.nodes]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"nodes: two are named {name!r}, each needs a name of its own")


class Notifier(_Section, frozen=True):
    """Where committed spots are published."""

    publish_url: str = "http://127.0.0.1:8081/publish/spots"
    metrics_port: Port = 9811

    def __post_init__(self) -> None:
        try:
            url = urlsplit(self.publish_url)
            usable = url.scheme == "http" and url.hostname and url.port != 0
        except ValueError:
            usable = False
        if not usable:
            raise ValueError(
                f"publish_url: {self.publish_url!r} is not an address like http://127.0.0.1:8081/path"
            )


class Dashboard(_Section, frozen=True):
    """The web pages."""

    metrics_port: Port = 9812
    secret_key_file: Path = Path("/etc/spotkeeper/secret_key")

    def secret_key(self) -> bytes:
        """The key that signs cookies.

        Raises SettingsError when it cannot be read or is shorter than 32 bytes.
        """
        try:
            key = self.secret_key_file.read_bytes()
        except OSError as error:
            raise SettingsError(
                f"dashboard.secret_key_file: cannot read {self.secret_key_file}: {error.strerror}"
            ) from None
        if len(key) < SECRET_KEY_BYTES:
            raise SettingsError(
                f"dashboard.secret_key_file: {self.secret_key_file} holds {len(key)} bytes, at least"
                f" {SECRET_KEY_BYTES} are needed"
            )
        return key


class TelnetNode(_Section, frozen=True):
    """The telnet port for logging programs; `allow` are the networks that may connect to it.

    Its own `callsign` is the scraper's with the SSID -2 when none is given.
    """

    listen: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)] = ("127.0.0.1",)
    port: Port = 7300
    allow: tuple[str, ...] = ("127.0.0.0/8", "::1/128")
    callsign: str = ""
    most_clients: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 100
    metrics_port: Port = 9813

    def __post_init__(self) -> None:
        if self.callsign:
            _check_callsign(self.callsign)
        for name, read in (("listen", ip_address), ("allow", ip_network)):
            for text in getattr(self, name):
                try:
                    read(text)
                except ValueError:
                    example = "127.0.0.1" if name == "listen" else "192.168.1.0/24"
                    raise ValueError(f"{name}: {text!r} is not like {example}") from None


class Api(_Section, frozen=True):
    """Who may read the API, and how often.

    `requests_per_minute` holds for each token and each user who is signed in, `anonymous_requests_per_minute`
    for each address that comes with neither, which is let in at all only when `anonymous` is set.
    """

    anonymous: bool = False
    requests_per_minute: RequestsPerMinute = 600
    anonymous_requests_per_minute: RequestsPerMinute = 60


class Keeping(_Section, frozen=True):
    """How long spots are kept, by source, and how much of the database's disk shall be free.

    0 days are for ever, 0 MB and 0 percent no matter. `shorten_human` lets human spots go too when the disk
    is short, after all others. `disk` is a path on the disk of the database.
    """

    human_days: Days = 0
    machine_days: Days = 30
    free_mb: Annotated[int, msgspec.Meta(ge=0, le=100_000_000)] = 2000
    free_percent: Annotated[int, msgspec.Meta(ge=0, le=90)] = 15
    shorten_human: bool = False
    disk: Path = Path("/var/lib/postgresql")


class Settings(_Section, frozen=True):
    """The whole file."""

    scraper: Scraper
    database: Database = Database()
    notifier: Notifier = Notifier()
    dashboard: Dashboard = Dashboard()
    keeping: Keeping = Keeping()
    api: Api = Api()
    node: TelnetNode = TelnetNode()

    @property
    def node_callsign(self) -> str:
        """That of the telnet port."""
        return self.node.callsign or f"{self.scraper.callsign.partition('-')[0]}-2"


def load(path: Path) -> Settings:
    """Read and check the settings file.

    Raises SettingsError, whose sentence names the file, the key and what is allowed.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"cannot read the settings file {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path}: not a text file in UTF-8") from None
    try:
        return msgspec.toml.decode(text, type=Settings, dec_hook=_path)
    except msgspec.ValidationError as error:
        raise SettingsError(f"{path}: {_sentence(str(error))}") from None
    except msgspec.DecodeError as error:
        raise SettingsError(f"{path}: not valid TOML: {error}") from None


def changed(keeping: Keeping, assignments: Sequence[str]) -> Keeping:
    """The policy with some values given anew, such as "machine_days=14".

    Raises SettingsError, whose sentence names the one that cannot be.
    """
    for assignment in assignments:
        name, _, value = assignment.partition("=")
        values = msgspec.to_builtins(keeping, enc_hook=str)
        if name not in values:
            raise SettingsError(f"{assignment!r}: {name!r} is not one of {', '.join(values)}")
        try:
            keeping = msgspec.convert(values | {name: value}, Keeping, strict=False, dec_hook=_path)
        except msgspec.ValidationError as error:
            raise SettingsError(f"{assignment!r}: {_sentence(str(error))}") from None
    return keeping


def _path(kind: type, value: object) -> Path:
    """A value of a field of type Path, the only one that msgspec does not read by itself."""
    if not isinstance(value, str):
        raise ValueError(f"Expected `str`, got `{type(value).__name__}`")
    return Path(value)


def _sentence(message: str) -> str:
    """msgspec's "Expected … - at `$.scraper.nodes[0].port`" with the key first, in the file's own words."""
    what, _, where = message.rpartition(" - at ") if " - at " in message else (message, "", "")
    key = where.strip("`").removeprefix("$").removeprefix(".")
    what = what.replace(" | null`", "`")
    for kind, word in KINDS.items():
        what = what.replace(kind, word)
    if found := re.fullmatch(r"Object (?:missing required|contains unknown) field `(.*)`", what):
        name = f"{key}.{found[1]}" if key else found[1]
        return f"{name} is missing" if "missing" in what else f"{name} is not a setting"
    if found := re.fullmatch(r"Invalid enum value ('.*')", what):
        return f"{key}: {found[1]} is not one of {', '.join(map(repr, get_args(NodeKind)))}"
    if re.match(r"[a-z_]+: ", what):  # a check of our own
        return f"{key}.{what}"
    return f"{key}: {what[0].lower()}{what[1:]}" if key else what
