"""Lines wait for their writing in a file that nobody finds."""

import tempfile
from pathlib import Path

import pytest

from crm.core.transfer.spool import CheckedLine, Spool


def test_an_import_that_is_killed_leaves_no_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("SQLITE_TMPDIR", str(tmp_path))
    with Spool() as spool:
        for number in range(100):
            spool.put(
                CheckedLine(number, [], [(print, ("x" * 50_000,))])
            )  # more than is kept in memory
        assert list(tmp_path.iterdir()) == []
        assert len(spool.after(98, 10)) == 2
