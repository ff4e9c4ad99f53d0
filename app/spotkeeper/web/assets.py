"""Scripts, styles and pictures, under an address that changes with their content: browsers may keep them."""

import hashlib
from functools import cache
from pathlib import Path

from flask import Flask, Response, send_from_directory, url_for
from markupsafe import Markup

from spotkeeper.web.access import public

FOLDER = Path(__file__).parent / "static"
ENDPOINT = "static"


def add_to(app: Flask) -> None:
    """Serve /static/<hash of the whole folder>/…; templates say `asset('spots.css')`.

    `drawing('icon.svg')` is the picture itself, in the midst of the page: one request less.

    Raises FileNotFoundError when app/frontend/bundle.py was not run.
    """
    if not FOLDER.is_dir():
        raise FileNotFoundError(f"{FOLDER} is missing: `make deps` makes it.")
    version = _hash(FOLDER)

    @public
    def asset(name: str) -> Response:
        response = send_from_directory(FOLDER, name)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response

    app.add_url_rule(f"/static/{version}/<path:name>", ENDPOINT, asset)
    app.add_template_global(cache(lambda name: url_for(ENDPOINT, name=name)), "asset")
    app.add_template_global(cache(lambda name: Markup((FOLDER / name).read_text())), "drawing")  # noqa: S704


def _hash(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]
