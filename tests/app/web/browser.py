"""Asks the dashboard as a browser would, through a proxy."""

import html
import re
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from spotkeeper import passwords
from spotkeeper.settings import Dashboard, Database, Node, Scraper, Settings
from werkzeug.test import TestResponse

PASSWORD = "a long enough one"
PASSWORD_HASH = passwords.hash_password(PASSWORD)


class Browser:
    """A client that keeps cookies, fills in forms with their hidden fields, and comes from an address."""

    def __init__(self, app: Flask, address: str = "192.0.2.1") -> None:
        self.client: FlaskClient = app.test_client()
        self.address = address

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(path, headers=self._headers(headers), base_url="http://proxy")

    def send(self, method: str, path: str, **values: Any) -> TestResponse:
        headers = self._headers({"Referer": "https://dashboard.test/"})
        return self.client.open(path, method=method, headers=headers, base_url="http://proxy", **values)

    def post(self, path: str, page: str | None = None, **fields: str) -> TestResponse:
        """Fill in the form for `path` that stands on `page`, and send it."""
        form = self.get(page or path).text
        token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', form)
        assert token, form
        return self.send("POST", path, data={"csrf_token": html.unescape(token[1]), **fields})

    def sign_in(self, name: str = "anna", password: str = PASSWORD, **more: str) -> TestResponse:
        return self.post("/sign-in", name=name, password=password, **more)

    def _headers(self, headers: dict[str, str]) -> dict[str, str]:
        return {
            "X-Forwarded-For": self.address,
            "X-Forwarded-Proto": "https",
            "X-Forwarded-Host": "dashboard.test",
            "User-Agent": "Test/1.0",
            **headers,
        }


def settings(conninfo: str, key: Path) -> Settings:
    return Settings(
        scraper=Scraper(
            callsign="N0CALL-1", nodes=[Node(name="demo", kind="dxspider", host="127.0.0.1", port=7300)]
        ),
        database=Database(conninfo=conninfo),
        dashboard=Dashboard(secret_key_file=key),
    )


def rows(page: TestResponse) -> list[str]:
    """The DX calls of the table, from top to bottom."""
    table = page.text.split("<tbody")[1].split("</tbody>")[0]
    return re.findall(r'data-field="dx">([^<]*)<', table)
