"""What a database does for a statement: full scans, large sorts and the rows that it reads."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, event

from tests.population import business_tables

SORTED = 1000  # rows that a statement may sort
STEPS = 150_000  # of SQLite's virtual machine: a sort of SORTED rows, or a walk past a few thousand
ASKED = 20_000  # steps more where each row is asked whether its event is somebody's private one
READ = 5000  # rows that a node of PostgreSQL's plan may read


@dataclass
class Watch:
    """The statements of a block, and what is wrong with their plans."""

    engine: Engine
    tables: frozenset[str]
    times: float = 1  # of a search: as many of these rows and steps
    found: list[str] = field(default_factory=list)
    running: str = ""  # on SQLite, whose steps are counted until the next statement
    steps: int = 0

    def look(
        self, connection: Connection, cursor: Any, statement: str, parameters: Any, *rest: Any
    ) -> None:
        """Explain a statement before it runs; counts may read what they count."""
        raw = connection.connection.driver_connection
        self.stop()
        if not statement.startswith(("SELECT", "WITH")) or "count(" in statement.lower():
            return
        if self.engine.dialect.name == "sqlite":
            self._explain(raw, statement, parameters)
            raw.set_progress_handler(self._step, 1000)
            self.running = statement
        else:
            self.found += [
                f"{one}: {statement}" for one in _postgres(raw, statement, parameters, self)
            ]

    def _explain(self, raw: Any, statement: str, parameters: Any) -> None:
        raw.set_progress_handler(None, 0)
        for *_, told in raw.execute(f"EXPLAIN QUERY PLAN {statement}", parameters):
            scanned = re.fullmatch(r"SCAN (\w+?)(_\d+)?", told)
            if scanned and scanned[1] in self.tables:
                self.found.append(f"full scan of {scanned[1]}: {statement}")

    def _step(self) -> None:
        self.steps += 1000

    def stop(self) -> None:
        """The statement before is done."""
        allowed = STEPS + (ASKED if "event_participant" in self.running else 0)
        if self.running and self.steps > allowed * self.times:
            self.found.append(f"{self.steps} steps: {self.running}")
        self.running, self.steps = "", 0

    def taken(self) -> list[str]:
        """Findings since the last call."""
        self.stop()
        found, self.found = self.found, []
        return found


@contextmanager
def watching(engine: Engine, times: float = 1) -> Iterator[Watch]:
    """Look at the plan of every SELECT of the block."""
    watch = Watch(engine, frozenset(table.name for table in business_tables()), times)
    event.listen(engine, "before_cursor_execute", watch.look)
    try:
        yield watch
    finally:
        event.remove(engine, "before_cursor_execute", watch.look)


def _postgres(raw: Any, statement: str, parameters: Any, watch: Watch) -> Iterator[str]:
    explain = f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement}"
    found = raw.execute(explain, parameters).fetchone()[0]
    plan = json.loads(found) if isinstance(found, str) else found
    yield from _nodes(plan[0]["Plan"], watch)


def _nodes(node: dict[str, Any], watch: Watch) -> Iterator[str]:
    below = node.get("Plans", ())
    table, kind = node.get("Relation Name"), node["Node Type"]
    loops = node["Actual Loops"]
    read = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * loops
    if kind == "Seq Scan" and table in watch.tables:
        yield f"full scan of {table}"
    if kind == "Sort" and below[0]["Actual Rows"] > SORTED * watch.times:
        yield f"sort of {below[0]['Actual Rows']:.0f} rows"
    if table in watch.tables and read > READ * watch.times:
        yield f"{read:.0f} rows read of {table}"
    for one in below:
        yield from _nodes(one, watch)
