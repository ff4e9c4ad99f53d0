"""The rules of the repository that no linter knows."""

import ast
import re
import subprocess
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "app" / "spotkeeper"
ROLES = sorted(path for path in (ROOT / "roles").iterdir() if path.is_dir())


def tracked() -> list[Path]:
    names = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    return [ROOT / name for name in names.split("\0") if name and (ROOT / name).is_file()]


def text_files() -> Iterator[tuple[Path, str]]:
    for path in tracked():
        if path.suffix not in {".png", ".ico"}:
            yield path.relative_to(ROOT), path.read_text()


# Roles


def specs(role: Path, entry_point: str = "main") -> dict[str, dict[str, object]]:
    document = yaml.safe_load((role / "meta" / "argument_specs.yml").read_text())
    return document["argument_specs"][entry_point]["options"]


def defaults(role: Path) -> dict[str, object]:
    path = role / "defaults" / "main.yml"
    return (yaml.safe_load(path.read_text()) or {}) if path.exists() else {}


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_role_tells_what_it_does_and_checks_its_settings_before_it_acts(role: Path) -> None:
    assert (role / "README.md").read_text().startswith("# ")
    assert (role / "tasks" / "validate.yml").exists()
    assert specs(role) == specs(role, "validate")
    first = yaml.safe_load((role / "tasks" / "main.yml").read_text())[0]
    assert first["ansible.builtin.include_tasks"] == "validate.yml"
    assert first["when"] == "preflight_passed is not defined"


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_role_variables_carry_its_name_and_specs_equal_defaults(role: Path) -> None:
    said = specs(role)
    assert [name for name in said if not name.startswith(f"{role.name}_")] == []
    assert {name for name, spec in said.items() if spec.get("required")} & set(defaults(role)) == set()
    optional = {name for name, spec in said.items() if not spec.get("required")}
    assert optional == set(defaults(role))
    for name, value in defaults(role).items():
        if "lookup(" in str(value):
            continue  # a generated secret: its spec says so in words
        assert said[name]["default"] == value, name


def test_every_role_is_in_a_playbook_and_in_the_preflight() -> None:
    preflight = (ROOT / "playbooks" / "preflight.yml").read_text()
    others = "".join(
        path.read_text() for path in (ROOT / "playbooks").glob("*.yml") if path.name != "preflight.yml"
    )
    for role in ROLES:
        assert re.search(rf"\b{role.name}\b", preflight), role.name
        assert re.search(rf"- {role.name}\b", others), role.name


def test_requirements_name_the_collections_that_are_used_at_the_versions_developed_with() -> None:
    used = {
        match
        for path in (ROOT / "roles").rglob("*.yml")
        for match in re.findall(r"^\s+(\w+\.\w+)\.\w+:", path.read_text(), re.MULTILINE)
    } - {"ansible.builtin"}
    wanted = {
        item["name"]: item["version"]
        for item in yaml.safe_load((ROOT / "requirements.yml").read_text())["collections"]
    }
    assert set(wanted) == used
    for name, version in wanted.items():
        namespace, collection = name.split(".")
        manifest = resources.files("ansible_collections") / namespace / collection / "MANIFEST.json"
        assert yaml.safe_load(manifest.read_text())["collection_info"]["version"] == version


# The application

MAY_IMPORT = {
    "spots": {"spots"},
    "db": {"db", "spots"},
    "scraper": {"scraper", "db", "spots"},
    "notifier": {"notifier", "db", "spots"},
    "web": {"web", "keeping", "db", "spots"},
    "node": {"node", "notifier", "db", "spots"},
    "importing": {"importing", "db", "spots"},
    "keeping": {"keeping", "db", "spots"},
    "client": {"client", "spots"},
}


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_run_one_way(package: str) -> None:
    packages = set(MAY_IMPORT)
    for path in (PACKAGE / package).rglob("*.py"):
        for statement in ast.walk(ast.parse(path.read_text())):
            names = []
            if isinstance(statement, ast.ImportFrom) and statement.module:
                names = [statement.module, *(f"{statement.module}.{alias.name}" for alias in statement.names)]
            elif isinstance(statement, ast.Import):
                names = [alias.name for alias in statement.names]
            for name in names:
                parts = name.split(".")
                if parts[0] == "spotkeeper" and len(parts) > 1 and parts[1] in packages:
                    assert parts[1] in MAY_IMPORT[package], f"{path.relative_to(ROOT)} imports {name}"
                if package == "spots" and parts[0] == "spotkeeper":
                    assert parts[:2] in (["spotkeeper"], ["spotkeeper", "spots"]), f"{path} imports {name}"


def test_sql_stands_in_db_alone() -> None:
    statement = re.compile(r"\b(SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM)\b")
    for path in PACKAGE.rglob("*.py"):
        if "db" not in path.relative_to(PACKAGE).parts and not path.match("scraper/spool*.py"):
            assert not statement.search(path.read_text()), path.relative_to(ROOT)


def test_no_group_is_repeated_possessively() -> None:
    """Debian 12's Python 3.11.2 goes on behind what it matched in part: "K1ABC-#" is no call then."""
    for path in PACKAGE.rglob("*.py"):
        found = re.search(r"[)](?:[*+?]|[{][0-9,]+[}])[+]", path.read_text())
        assert not found, f"{path.relative_to(ROOT)}: {found and found[0]}"


def test_migrations_are_numbered_without_a_gap() -> None:
    numbers = [int(path.name[:4]) for path in sorted((ROOT / "migrations").glob("*.sql"))]
    assert numbers == list(range(1, len(numbers) + 1))


# Every file


def test_no_path_of_a_machine_and_no_address_of_a_package_index() -> None:
    for path, text in text_files():
        assert str(ROOT) not in text, path
        if path.suffix == ".lock":
            assert "://" not in text, path


def test_no_binary_but_the_pictures_in_docs() -> None:
    for path in tracked():
        if path.suffix == ".png":
            assert path.parent == ROOT / "docs" / "pictures"
            assert path.stat().st_size < 400_000
        else:
            assert b"\0" not in path.read_bytes(), path


def test_every_make_target_in_the_documents_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for path, text in text_files():
        if path.suffix == ".md":
            for target in re.findall(
                r"(?<!token )make ([a-z][a-z-]+)", "\n".join(re.findall(r"`[^`]+`|^ {4}.*", text, re.M))
            ):
                assert target in targets, f"{path}: make {target}"


def test_relative_links_in_the_documents_lead_somewhere() -> None:
    for path, text in text_files():
        if path.suffix == ".md":
            for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text):
                assert (ROOT / path.parent / target).exists(), f"{path}: {target}"
