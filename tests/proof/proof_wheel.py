"""`pip wheel .`, as README says it, on a machine whose own Node does not work."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
MADE = (".git", ".venv", ".*_cache", "instance", "node_modules", "static", "*.mo")


def test_a_wheel_is_built_in_an_environment_of_its_own(tmp_path: Path) -> None:
    source, other = tmp_path / "source", tmp_path / "other"
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(*MADE))
    other.mkdir()
    for name in ("node", "npm"):
        (other / name).write_text("#!/bin/sh\nexit 1\n")
        (other / name).chmod(0o755)
    environment = {"PATH": f"{other}:/usr/bin:/bin", "HOME": str(tmp_path), "LANG": "C.UTF-8"}
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "--quiet",
            "--no-deps",
            "--wheel-dir",
            tmp_path,
            ".",
        ],
        cwd=source,
        env=environment,
        check=True,
    )
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        names = set(wheel.namelist())
    assert "crm/static/manifest.json" in names
    assert "crm/quotes/pdf/quote.typ" in names
    assert sum(name.endswith(".ttf") for name in names) == 2
    assert "crm/translations/fr/LC_MESSAGES/messages.mo" in names
    assert any(name.startswith("crm/templates/") for name in names)
    assert not any("node_modules" in name for name in names)
