"""A long job leaves the processor to people at work.

A lower priority would not do: Linux compares those of one session or container only, and the
server mostly runs in another. But a job that has to wait for a processor is not alone.
"""

from pathlib import Path
from time import sleep, thread_time

PIECE = 0.05  # seconds of work between two looks
PER_WAITED = 10  # seconds of rest for each that was waited; an idle machine makes it wait for none
MOST = 8  # seconds of rest for each of work, so that the job ends on a busy machine, too
# Of this thread: the nanoseconds for which it ran, and for which it was ready and had to wait.
SCHEDULED = Path("/proc/thread-self/schedstat")


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
        self.ran, self.waited = ran, waited


def _waited() -> float:
    """Seconds for which this thread had to wait for a processor; 0 where only Linux knows."""
    try:
        return int(SCHEDULED.read_text().split()[1]) / 1e9
    except OSError:
        return 0.0
