"""Whole numbers that are too many for memory: in files without a name, which end with the object.

Numbers are signed, of 64 bits. A disk that is full raises OSError.
"""

from array import array
from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import pairwise
from tempfile import TemporaryFile
from weakref import finalize

SIZE = 8  # bytes
BLOCK = 4_096  # numbers read at once
RUN = 250_000  # numbers sorted in memory


class Numbers:
    """Numbers in the order in which they were written."""

    def __init__(self) -> None:
        self._file = TemporaryFile()  # noqa: SIM115  closed with the object
        finalize(self, self._file.close)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def write(self, numbers: Iterable[int]) -> None:
        """Add these after the others."""
        more = array("q", numbers)
        self._file.seek(self._count * SIZE)
        self._file.write(more.tobytes())
        self._count += len(more)

    def read(self, first: int = 0, end: int | None = None) -> Iterator[int]:
        """Those from `first` to before `end`; several may be read at a time."""
        end = self._count if end is None else end
        for start in range(first, end, BLOCK):
            self._file.seek(start * SIZE)
            part = array("q")
            part.frombytes(self._file.read((min(start + BLOCK, end) - start) * SIZE))
            yield from part


class SortedNumbers:
    """Different numbers, in ascending order: runs of them are sorted, and merged where read."""

    def __init__(self, run: int = RUN) -> None:
        self._run = run
        self._fresh: set[int] = set()
        self._numbers = Numbers()
        self._ends = [0]

    def add(self, number: int) -> None:
        self._fresh.add(number)
        if len(self._fresh) >= self._run:
            self._write()

    def __iter__(self) -> Iterator[int]:
        self._write()
        last = None
        for number in merge(*(self._numbers.read(*ends) for ends in pairwise(self._ends))):
            if number != last:
                yield number
            last = number

    def _write(self) -> None:
        self._numbers.write(sorted(self._fresh))
        self._ends.append(len(self._numbers))
        self._fresh.clear()
