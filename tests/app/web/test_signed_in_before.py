"""A station of before migration 0011 keeps its accounts, and its devices stay signed in."""

import hashlib
import json
import shutil
from pathlib import Path

from spotkeeper.db.connection import connect
from spotkeeper.db.migrate import MIGRATIONS, migrate
from spotkeeper.web import create_app

from tests.app.conftest import Server
from tests.app.web.browser import PASSWORD_HASH, Browser, settings

TOKEN = "of-a-cookie-that-was-given-before"
SIGNED_IN = """
    WITH anna AS (
        INSERT INTO users (name, password_hash, role) VALUES ('anna', %(password)s, 'owner') RETURNING id
    ), chosen AS (
        INSERT INTO user_settings (user_id, values) SELECT id, %(settings)s FROM anna
    )
    INSERT INTO sign_in_sessions (token_hash, user_id, device, created, last_seen, expires)
    SELECT %(token)s, id, 'Test/1.0', now() - interval '30 days', now() - interval '1 day',
        now() + interval '300 days'
    FROM anna
"""


def test_device_stays_signed_in_and_gets_a_new_token(server: Server, tmp_path: Path) -> None:
    before = tmp_path / "migrations"
    before.mkdir()
    for path in sorted(MIGRATIONS.glob("*.sql"))[:10]:
        shutil.copy(path, before)
    conninfo = server.empty()
    with connect(conninfo, "owner", autocommit=True) as owner:
        list(migrate(owner, before))
        owner.execute(
            SIGNED_IN,
            {
                "password": PASSWORD_HASH,
                "settings": json.dumps({"grid": "DM79"}),
                "token": hashlib.sha256(TOKEN.encode()).digest(),
            },
        )
        list(migrate(owner))
    key = tmp_path / "secret_key"
    key.write_bytes(b"k" * 32)
    app = create_app(settings(conninfo, key))
    try:
        browser = Browser(app)
        browser.client.set_cookie("__Host-device", TOKEN, domain="proxy")
        assert 'value="DM79"' in browser.get("/settings").text
        assert browser.get("/settings/devices").text.count("this device") == 1
        cookie = browser.client.get_cookie("__Host-device", domain="proxy")
        assert cookie
        assert cookie.value != TOKEN
        assert Browser(app).sign_in().status_code == 302
    finally:
        app.extensions["pool"].close()
