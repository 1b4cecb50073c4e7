"""`load(…)`: what `crm import` does, from texts."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask

from crm.core.errors import DomainError
from crm.importing import import_file


@dataclass(frozen=True)
class Loaded:
    """The report of an import, and whether it wrote anything."""

    lines: list[str]
    is_written: bool

    def __contains__(self, text: str) -> bool:
        return any(text in line for line in self.lines)


Load = Callable[..., Loaded]


@pytest.fixture
def load(app: Flask, tmp_path: Path) -> Load:
    """`load("leads", file, map)`: both are texts or, for the file, bytes or a path."""

    def run(
        entity: str,
        file: str | bytes | Path,
        mapping: str | Path,
        *,
        company: str | None = "ACME-FR",
        username: str = "alice",
        skip_bad: bool = False,
    ) -> Loaded:
        paths = {"file.csv": file, "map.toml": mapping}
        for name, content in paths.items():
            if isinstance(content, Path):
                continue
            data = content.encode() if isinstance(content, str) else content
            (tmp_path / name).write_bytes(data)
            paths[name] = tmp_path / name
        companies = [] if company is None else [company]
        file, mapping = Path(str(paths["file.csv"])), Path(str(paths["map.toml"]))
        with app.app_context():
            return Loaded(*import_file(entity, file, mapping, companies, username, skip_bad))

    return run


@pytest.fixture
def refusal(load: Load) -> Callable[..., str]:
    """The error of an import that does not start."""

    def told(*args: object, **how: object) -> str:
        with pytest.raises(DomainError) as error:
            load(*args, **how)
        return str(error.value)

    return told
