"""What the tests of a station share: the host from inside (testinfra over SSH) and from outside (HTTPS).

Any inventory will do, the demo's as well as molecule's:

    pytest tests/host --ansible-inventory inventory/local
"""

import http.cookiejar
import json
import re
import ssl
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
import testinfra
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible.vars.manager import VariableManager
from testinfra.host import Host

ROOT = Path(__file__).resolve().parents[2]
WANTED = {
    "ansible_host",
    "ansible_user",
    "certificate_names",
    "grafana_required",
    "spotkeeper_nodes",
    "spotkeeper_telnet",
}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    text: str

    def json(self) -> Any:
        return json.loads(self.text)


class KeepRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


class Browser:
    """An HTTPS client that trusts the station's authority alone and keeps its cookies."""

    def __init__(self, address: str, authority: str) -> None:
        self.address = address
        context = ssl.create_default_context(cadata=authority)
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPSHandler(context=context),
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()),
            KeepRedirects,
        )

    def open(
        self,
        path: str,
        data: dict[str, str] | None = None,
        *,
        seconds: float = 10,
        scheme: str = "https",
        accept: str = "text/html, */*",
    ) -> Any:
        url = f"{scheme}://{self.address}{path}"
        body = urllib.parse.urlencode(data).encode() if data is not None else None
        # What a browser sends with a form, and what the CSRF check asks for over TLS.
        request = urllib.request.Request(url, body, {"Referer": url, "Accept": accept})
        return self._opener.open(request, timeout=seconds)

    def get(self, path: str, data: dict[str, str] | None = None, scheme: str = "https") -> Answer:
        try:
            with self.open(path, data, scheme=scheme) as response:
                return Answer(response.status, dict(response.headers), response.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, dict(error.headers), error.read().decode())

    def post(self, path: str, data: dict[str, str]) -> Answer:
        """Fill in the form that is at this path, with its hidden fields, and send it."""
        form = self.get(path).text
        hidden = re.findall(r'<input[^>]*name="([^"]+)"[^>]*type="hidden"[^>]*value="([^"]*)"', form)
        return self.get(path, dict(hidden) | data)

    def sign_in(self, name: str, password: str) -> Answer:
        return self.post("/sign-in", {"name": name, "password": password})


@dataclass(frozen=True)
class Station:
    name: str
    variables: dict[str, Any]
    credentials: Path
    host: Host

    @property
    def address(self) -> str:
        return str(self.variables["ansible_host"])

    @property
    def names(self) -> list[str]:
        return [str(name) for name in self.variables["certificate_names"]]

    @property
    def has_telnet(self) -> bool:
        """Whether its spots are told by telnet, too."""
        return bool(self.variables.get("spotkeeper_telnet"))

    @cached_property
    def authority(self) -> str:
        """PEM."""
        return str(self.host.file("/etc/spotkeeper/tls/authority.crt").content_string)

    def secret(self, name: str) -> str:
        return (self.credentials / name).read_text().strip()

    def browser(self) -> Browser:
        return Browser(self.address, self.authority)

    def sql(self, statement: str, user: str = "postgres") -> str:
        """The answer, unadorned, of a statement run by an OS user over the socket."""
        done = self.host.run(
            "runuser -u %s -- psql -XAtq -v ON_ERROR_STOP=1 spotkeeper -c %s", user, statement
        )
        assert done.rc == 0, done.stderr
        return str(done.stdout.strip())

    def tell_node(self, *words: str) -> str:
        """Have the simulated node do something."""
        node = self.variables["spotkeeper_nodes"][0]["host"]
        command = [sys.executable, "-m", "simulator", "tell", "--control", f"{node}:7399", *words]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=20)
        assert done.returncode == 0, done.stderr
        return done.stdout


def stations(path: str) -> list[Station]:
    """Every host of an inventory, its variables resolved by Ansible itself."""
    loader = DataLoader()
    inventory = InventoryManager(loader, sources=[path])
    manager = VariableManager(loader, inventory)
    found = []
    for entry in inventory.get_hosts():
        raw = manager.get_vars(host=entry)
        variables = Templar(loader, variables=raw).template(
            {name: raw[name] for name in raw if name in WANTED or name.startswith("ansible_ssh_")}
        )
        host = testinfra.get_host(
            f"ssh://{variables['ansible_user']}@{variables['ansible_host']}",
            ssh_identity_file=variables.get("ansible_ssh_private_key_file"),
            ssh_extra_args=variables.get("ansible_ssh_common_args"),
        )
        credentials = Path(raw["inventory_dir"]) / "credentials" / entry.name
        found.append(Station(entry.name, variables, credentials, host))
    return found


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "station" in metafunc.fixturenames:
        path = metafunc.config.getoption("ansible_inventory")
        if not path:
            raise pytest.UsageError("tests/host needs --ansible-inventory, for instance inventory/local")
        found = stations(path)
        metafunc.parametrize("station", found, ids=[each.name for each in found], scope="session")


@pytest.fixture(scope="session")
def host(station: Station) -> Host:
    return station.host


_signed_in: dict[str, Browser] = {}


@pytest.fixture(scope="session")
def owner(station: Station) -> Browser:
    """A browser in which the owner is signed in; signed in once, as sign-ins are rationed."""
    if station.name not in _signed_in:
        browser = station.browser()
        answer = browser.sign_in("owner", station.secret("spotkeeper_owner"))
        assert answer.status == 302, answer.text
        _signed_in[station.name] = browser
    return _signed_in[station.name]
