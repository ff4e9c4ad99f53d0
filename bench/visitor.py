"""Somebody who is signed in to the station of a benchmark, as owner: so every page is to be seen."""

import http.client
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie
from urllib.parse import urlencode

from spotkeeper.db.connection import connect

from bench.clients import connection_to
from tests.support.stack import Stack

_TOKEN = re.compile(r'name="csrf_token"[^>]* value="([^"]+)"')


@contextmanager
def visitor(stack: Stack) -> Iterator[str]:
    """The header Cookie of an account of its own, which is removed afterwards."""
    name, password = f"bench{secrets.token_hex(4)}", secrets.token_urlsafe(16)
    stack.run("user", "add", name, "--role", "owner", "--password-stdin", text=f"{password}\n")
    try:
        yield _sign_in(stack.ports["https"], name, password)
    finally:
        # The command removes no last owner.
        with connect(stack.conninfo, "owner") as owner:
            owner.execute("DELETE FROM users WHERE name = %s", [name])


def _sign_in(port: int, name: str, password: str) -> str:
    connection = connection_to(port)
    cookies: SimpleCookie = SimpleCookie()

    def header() -> str:
        return "; ".join(f"{cookie.key}={cookie.coded_value}" for cookie in cookies.values())

    def ask(method: str, body: str = "") -> tuple[http.client.HTTPResponse, str]:
        headers = {
            "Cookie": header(),
            "Content-Type": "application/x-www-form-urlencoded",
            "Referer": f"https://127.0.0.1:{port}/sign-in",
            "Host": f"127.0.0.1:{port}",
        }
        connection.request(method, "/sign-in", body, headers)
        answer = connection.getresponse()
        for line in answer.headers.get_all("Set-Cookie", []):
            cookies.load(line)
        return answer, answer.read().decode()

    _, form = ask("GET")
    token = _TOKEN.search(form)
    fields = {"name": name, "password": password, "csrf_token": token[1] if token else "", "next": "/"}
    answer, page = ask("POST", urlencode(fields))
    if answer.status != 302:
        raise SystemExit(f"cannot sign in: {answer.status} {page[:500]}")
    connection.close()
    return header()
