"""The world of these tests on SQLite, fresh for each test, and on PostgreSQL."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.core.api.world import Api, World, build, populate


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("api")
    world = populate(build(f"sqlite:///{folder / 'world.sqlite'}", folder))
    world.close()
    shutil.copy(folder / "world.sqlite", folder / "template.sqlite")
    return world


@pytest.fixture
def world(template: World) -> Iterator[World]:
    """The world as it was made, whatever the test before did to it."""
    folder: Path = template.app.extensions["crm.config"].instance
    for leftover in folder.glob("world.sqlite*"):
        leftover.unlink()
    shutil.copy(folder / "template.sqlite", folder / "world.sqlite")
    yield template
    template.close()


@pytest.fixture
def alice(world: World) -> Api:
    return world.as_("alice")


@pytest.fixture
def postgres_world(new_database: Callable[[str], str], tmp_path: Path) -> Iterator[World]:
    """The same on PostgreSQL, which minds the types of values where SQLite does not."""
    world = populate(build(new_database("api"), tmp_path))
    yield world
    world.close()
