"""The worker beside the web processes: a child of the server, started again when it dies."""

import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import NoReturn

MOST_FAILURES = 5  # one after the other
STEADY_SECONDS = 60  # a worker that lived that long has not failed
DRAIN_SECONDS = 15  # for the mail at hand
LOOK_SECONDS = 0.2
PAUSE_SECONDS = 1.0  # doubled with each failure

log = logging.getLogger("crm.worker")


class Keeper:
    """A process that runs `work` in a child, and starts it again when it dies.

    Both are forks of the server, so that they share what it has loaded. The keeper ends with the
    server, however that ends.
    """

    def __init__(self, work: Callable[[], None]) -> None:
        self.work = work
        self.server = os.getpid()
        self.is_ending = False

    def start(self) -> int:
        """Start the keeper. Returns its process id."""
        pid = os.fork()
        if not pid:
            os.setsid()  # Ctrl+C in the terminal reaches the server alone, which tells us
            signal.signal(signal.SIGTERM, self._end)
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            _leave(self._keep)
        return pid

    def _end(self, *_: object) -> None:
        self.is_ending = True

    def _keep(self) -> None:
        failures = 0
        while failures < MOST_FAILURES:
            began = time.monotonic()
            child = self._start_worker()
            if self._watch(child):
                return
            failures = failures + 1 if time.monotonic() - began < STEADY_SECONDS else 1
            log.warning("The worker ended by itself (%s of %s).", failures, MOST_FAILURES)
            if self._wait(PAUSE_SECONDS * 2**failures):
                return
        log.error("The worker does not stay alive and is given up: run `crm worker` to see why.")

    def _start_worker(self) -> int:
        pid = os.fork()
        if not pid:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            _leave(self.work)
        return pid

    def _watch(self, child: int) -> bool:
        """Wait for the worker's end; True where the keeper has to end, too."""
        while os.waitpid(child, os.WNOHANG) == (0, 0):
            if self._wait(LOOK_SECONDS):
                _stop(child)
                return True
        return self.is_ending

    def _wait(self, seconds: float) -> bool:
        """Wait; True, at once, where the keeper has to end."""
        until = time.monotonic() + seconds
        while not self._must_end() and time.monotonic() < until:
            time.sleep(LOOK_SECONDS)
        return self._must_end()

    def _must_end(self) -> bool:
        return self.is_ending or os.getppid() != self.server


def _leave(work: Callable[[], None]) -> NoReturn:
    """Do `work` and exit, without the exit handlers of the server that was forked."""
    status = 1
    try:
        work()
        status = 0
    except Exception:
        log.exception("The worker failed.")
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _stop(child: int) -> None:
    """End a worker by TERM, after DRAIN_SECONDS by KILL."""
    os.kill(child, signal.SIGTERM)
    until = time.monotonic() + DRAIN_SECONDS
    while os.waitpid(child, os.WNOHANG) == (0, 0):
        if time.monotonic() > until:
            os.kill(child, signal.SIGKILL)
        time.sleep(LOOK_SECONDS)


def end(keeper: int) -> None:
    """End a keeper and its worker, and wait until they have."""
    try:
        os.kill(keeper, signal.SIGTERM)
        os.waitpid(keeper, 0)
    except (ProcessLookupError, ChildProcessError):
        pass  # it ended by itself, and the server has taken note of it
