"""A long job leaves the processor to people at work.

A lower priority would not do: Linux compares those of one session or container only, and the
server mostly runs in another. But Linux counts for how long anything at all waits for a processor.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from pathlib import Path
from time import sleep, thread_time
from typing import Any

PIECE = 0.05  # seconds of work between two looks
PER_WAITED = 10  # seconds of rest for each that was waited; on an idle machine nothing waits
MOST = 8  # seconds of rest for each of work, so that the job ends on a busy machine, too
# The microseconds for which some thread of this machine was ready to run and had to wait.
PRESSURE = Path("/proc/pressure/cpu")


class Pace:
    """The pace of one job, in one thread."""

    def __init__(self) -> None:
        self.ran, self.waited = thread_time(), _waited()

    def rest(self) -> None:
        """Sleep a while if others want the processor; to be called often, with no lock held."""
        ran = thread_time()
        worked = ran - self.ran
        if worked < PIECE:
            return
        waited = _waited()
        sleep(min(PER_WAITED * (waited - self.waited), MOST * worked))
        self.ran, self.waited = ran, _waited()


def _waited() -> float:
    """Seconds for which threads had to wait; 0 on a system that does not count them."""
    try:
        return int(PRESSURE.read_text().partition("total=")[2].split()[0]) / 1e6
    except OSError:
        return 0.0


@contextmanager
def paced_imports() -> Iterator[None]:
    """Rest between the modules that are imported: loading the application takes seconds, too."""
    finder = _Resting()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _Resting(MetaPathFinder):
    """Finds no module, and rests whenever it is asked for one."""

    def __init__(self) -> None:
        self.pace = Pace()

    def find_spec(self, *_: Any) -> None:
        self.pace.rest()
