"""The rules of what browsers get, and of the packages it is made with."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.policy.test_repository import PACKAGE, ROOT, tracked

FOLDERS = [ROOT / "app" / "frontend", ROOT / "tests" / "e2e"]
STATIC = PACKAGE / "web" / "static"
TEMPLATES = sorted((PACKAGE / "web" / "templates").rglob("*.html"))
NAMES_OF_FORMATS = {
    "http://www.w3.org/2000/svg",
    "http://www.w3.org/1999/xhtml",
    "http://www.w3.org/1999/xlink",
}

each_folder = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)


def read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text())
    return document


@each_folder
def test_npm_packages_have_exact_versions_and_those_of_the_lock(folder: Path) -> None:
    kinds = ("dependencies", "devDependencies")
    wanted = read(folder / "package.json")
    locked = read(folder / "package-lock.json")["packages"]
    for kind in kinds:
        assert wanted.get(kind) == locked[""].get(kind)
        for name, version in wanted.get(kind, {}).items():
            assert re.fullmatch(r"\d+\.\d+\.\d+", version), f"{name} {version}"
            assert locked[f"node_modules/{name}"]["version"] == version


@each_folder
def test_every_npm_package_is_checked_by_its_hash_and_comes_from_wherever_npm_is_told(folder: Path) -> None:
    for path, package in read(folder / "package-lock.json")["packages"].items():
        if path:
            assert package["integrity"].startswith("sha512-"), path
            assert "resolved" not in package, path
            assert not package.get("link"), path
    assert (folder / ".npmrc").read_text() == (FOLDERS[0] / ".npmrc").read_text()


def test_nothing_that_is_made_or_brought_is_kept_here() -> None:
    for path in tracked():
        assert not path.is_relative_to(STATIC), path
        assert "node_modules" not in path.parts, path


def test_nothing_is_loaded_from_outside() -> None:
    built = [path for path in STATIC.rglob("*") if path.suffix in {".js", ".css", ".svg"}]
    assert built
    for path in built:
        addresses = set(re.findall(r"(?:https?:)?//[\w.-]+\.[a-z]{2,}[^\s\"'`)<>\\]*", path.read_text()))
        assert addresses <= NAMES_OF_FORMATS, path
    for path in TEMPLATES:
        addresses = re.findall(r"(?:src|href|action)=\"(?:https?:)?//", path.read_text())
        assert addresses == [], path


def test_no_script_and_no_style_stands_in_a_page() -> None:
    for path in TEMPLATES:
        found = re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|javascript:", path.read_text())
        assert not found, f"{path}: {found and found[0]}"


def test_every_page_that_is_bundled_has_a_script_and_a_style() -> None:
    pages = FOLDERS[0] / "pages"
    scripts, styles = ({path.stem for path in pages.glob(f"*.{kind}")} for kind in ("js", "css"))
    workers = {name for name in scripts if name.endswith("-worker")}
    assert scripts - workers == styles


def test_the_licences_of_what_is_bundled_are_told() -> None:
    assert "htmx.org\n" in (STATIC / "licences.txt").read_text()
