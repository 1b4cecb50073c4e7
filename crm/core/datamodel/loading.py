"""Eager loading, so that a page takes few statements."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.orm.interfaces import ORMOption

Children = Mapping[str, Sequence[str]]


def loading(
    model: type[Any],
    names: Iterable[str],
    children: Children | None = None,
    *,
    joined: bool = True,
) -> list[ORMOption]:
    """Loader options for `names` of `model`; `links.account` is a path, columns are ignored.

    Links and, where `joined`, the first list come with the row; each further list takes a
    statement of its own, because joined to the first they would multiply.
    """
    mapped = inspect(model).relationships
    paths: dict[str, list[str]] = {}
    for name in names:
        first, _dot, rest = name.partition(".")
        if first in mapped:
            further = [rest] if rest else list((children or {}).get(first, ()))
            paths.setdefault(first, []).extend(further)
    lists = [name for name in paths if mapped[name].uselist]
    apart = set(lists[1:] if joined else lists)
    options: list[ORMOption] = []
    for name, further in paths.items():
        load = selectinload if name in apart else joinedload
        target = mapped[name].mapper.class_
        options.append(load(getattr(model, name)).options(*loading(target, further)))  # type: ignore[arg-type]  # a Load is an option
    return options
