"""The whole way of a spot on loopback: simulator, scraper, PostgreSQL, notifier, nginx and dashboard."""

import getpass
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path

import jinja2

from tests.support import database
from tests.support.ports import free_ports

ROOT = Path(__file__).resolve().parents[2]
NGINX_CONF = ROOT / "roles/nginx/templates/etc/nginx/nginx.conf.j2"
NGINX_FILES = ROOT / "roles/nginx/files"
NGINX = "/usr/sbin/nginx"
NAMES = ("https", "http", "publish", "node", "control", "scraper", "notifier", "dashboard")


class Stack:
    """Started with a folder of its own and `database`, stopped with `stop`; nothing is left running.

    `https` is the dashboard's port, any free one by default; `node` and `dashboard` are further arguments
    of the simulator and of gunicorn, `settings` further tables of the settings file. `filled` is the name of
    a database to use instead of a new one; it stays.
    """

    def __init__(
        self,
        folder: Path,
        *,
        https: int | None = None,
        node: Sequence[str] = (),
        dashboard: Sequence[str] = (),
        settings: str = "",
        filled: str = "",
    ) -> None:
        self.folder = folder
        self.settings = folder / "spotkeeper.toml"
        self.ports = dict(zip(NAMES, free_ports(len(NAMES)), strict=True))
        if https:
            self.ports["https"] = https
        self._node_arguments = node
        self._dashboard_arguments = dashboard
        self._more_settings = settings
        self._filled = filled
        self.url = f"https://127.0.0.1:{self.ports['https']}"
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        self._database = self._filled or f"spotkeeper_e2e_{os.getpid()}"
        database.create_roles()
        if not self._filled:
            database.create_database(self._database)
        (self.folder / "secret_key").write_bytes(os.urandom(32))
        self.settings.write_text(self._settings())
        self.run("migrate")
        self.prepare_nginx()
        for part in ("simulator", "scraper", "notifier", "dashboard"):
            self.start_part(part)
        self.start_nginx()
        wait_until((self.folder / "http.sock").exists, 60)
        wait_until(self._session_is_up, 60)

    def stop(self) -> None:
        for process in reversed(self._processes.values()):
            process.terminate()
        for process in self._processes.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
        if not self._filled:
            database.drop_database(self._database)

    def start_part(self, name: str) -> None:
        """Start the simulator, scraper, notifier or dashboard, without waiting for it."""
        match name:
            case "simulator":
                listen = f"127.0.0.1:{self.ports['node']}"
                command = ("simulator", "serve", "--listen", listen, "--control", self.control)
                self._spawn(name, "-m", *command, *self._node_arguments)
            case "scraper":
                self._spawn(name, *self._spotkeeper, "scrape")
            case "notifier":
                self._spawn(name, *self._spotkeeper, "notify")
            case "dashboard":
                server = ("gunicorn", "--config", "python:spotkeeper.web.server", "--bind", self._socket)
                self._spawn(name, "-m", *server, *self._dashboard_arguments)

    def stop_part(self, name: str) -> None:
        """Stop a part, nginx too, and wait for its end."""
        process = self._processes.pop(name)
        process.terminate()
        process.wait(10)

    def prepare_nginx(self) -> None:
        """Its configuration and certificate, in the folder."""
        self._certificate()
        (self.folder / "nginx.conf").write_text(self._nginx_conf())

    def start_nginx(self) -> None:
        self._spawn("nginx", "-c", str(self.folder / "nginx.conf"), program=NGINX)
        wait_until(lambda: self._answers(f"http://127.0.0.1:{self.ports['http']}/"), 20)

    def run(self, *command: str, text: str = "") -> None:
        """Run a `spotkeeper` command, with `text` as its standard input."""
        subprocess.run(
            [sys.executable, *self._spotkeeper, *command],
            input=text.encode(),
            env=self._environment,
            check=True,
        )

    def tell_node(self, command: str, value: str) -> None:
        """Tell the simulated node something, such as `spot`."""
        subprocess.run(
            [sys.executable, "-m", "simulator", "tell", "--control", self.control, command, value],
            env=self._environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )

    def _spawn(self, name: str, *arguments: str, program: str = sys.executable) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                [program, *arguments], stdout=log, stderr=subprocess.STDOUT, env=self._environment
            )

    @property
    def _environment(self) -> dict[str, str]:
        return os.environ | {
            "PYTHONPATH": f"{ROOT}:{ROOT / 'app'}",
            "SPOTKEEPER_SETTINGS": str(self.settings),
        }

    @property
    def _spotkeeper(self) -> tuple[str, ...]:
        return ("-m", "spotkeeper", "--settings", str(self.settings))

    @property
    def _socket(self) -> str:
        return f"unix:{self.folder / 'http.sock'}"

    @property
    def conninfo(self) -> str:
        return f"dbname={self._database}"

    @property
    def control(self) -> str:
        return f"127.0.0.1:{self.ports['control']}"

    def _settings(self) -> str:
        return f"""
            [database]
            conninfo = "{self.conninfo}"
            [scraper]
            callsign = "N0CALL-1"
            spool = "{self.folder / "spool.sqlite"}"
            metrics_port = {self.ports["scraper"]}
            [[scraper.nodes]]
            name = "demo"
            kind = "dxspider"
            host = "127.0.0.1"
            port = {self.ports["node"]}
            [notifier]
            publish_url = "http://127.0.0.1:{self.ports["publish"]}/publish/spots"
            metrics_port = {self.ports["notifier"]}
            [dashboard]
            metrics_port = {self.ports["dashboard"]}
            secret_key_file = "{self.folder / "secret_key"}"
            {self._more_settings}
        """

    def _certificate(self) -> None:
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-days", "2",
             "-keyout", self.folder / "server.key", "-out", self.folder / "server.crt"],
            check=True,
            capture_output=True,
        )  # fmt: skip

    def _nginx_conf(self) -> str:
        """The role's own, with nothing changed but places."""
        version = subprocess.run([NGINX, "-v"], capture_output=True, text=True, check=True).stderr
        knows_http2_on = tuple(map(int, re.findall(r"\d+", version)[:3])) >= (1, 25, 1)
        text = jinja2.Template(NGINX_CONF.read_text(), trim_blocks=True).render(
            ansible_managed="for the browser test",
            lookup=lambda plugin, name: (NGINX_FILES / name).read_text(),
            ansible_facts={"distribution_major_version": 13 if knows_http2_on else 12},
        )
        log = f"{self.folder}/nginx-access.log"
        places = {
            r"^user .*;": f"user {getpass.getuser()};",
            r"^pid .*;": f"pid {self.folder}/nginx.pid; daemon off;",
            r"error_log [^;]*;": f"error_log {self.folder}/nginx-error.log warn;",
            r"access_log syslog[^;]*;": f"access_log {log} combined; {self._temporary()}",
            r"/etc/spotkeeper/tls": str(self.folder),
            r"/run/spotkeeper-dashboard": str(self.folder),
            r"listen (\[::\]:\d+)[^;]*;": "",
            r"listen 80\b": f"listen 127.0.0.1:{self.ports['http']}",
            r"listen 443\b": f"listen 127.0.0.1:{self.ports['https']}",
            r"listen 127\.0\.0\.1:8081": f"listen 127.0.0.1:{self.ports['publish']}",
        }
        for pattern, place in places.items():
            text, number = re.subn(pattern, place, text, flags=re.M)
            assert number, f"{NGINX_CONF} has no {pattern}"
        return text

    def _temporary(self) -> str:
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        return " ".join(f"{kind}_temp_path {self.folder}/nginx-{kind};" for kind in kinds)

    def _session_is_up(self) -> bool:
        text = self._answers(f"http://127.0.0.1:{self.ports['scraper']}/metrics") or ""
        return 'spotkeeper_scraper_session_up{node="demo"} 1.0' in text

    def _answers(self, url: str) -> str | None:
        for process in self._processes.values():
            if process.poll() is not None:
                logs = "".join(path.read_text(errors="replace")[-2000:] for path in self.folder.glob("*.log"))
                raise AssertionError(f"{process.args} ended with {process.returncode}:\n{logs}")
        try:
            with urllib.request.build_opener(NoRedirect).open(url, timeout=2) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:
            return str(error)
        except OSError:
            return None


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *arguments: object) -> None:
        return None


def wait_until(is_so: Callable[[], object], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "the stack did not start in time"
        time.sleep(0.1)
