"""Failed sign-ins, counted by client, so that nobody can lock out somebody else.

Five failures for a name lock it for that address, or for that known device, until fifteen minutes
after the first. For all other clients the name is only slowed down, by a growing pause. Names that
nobody has are counted alike: neither the answer nor its time reveals which names exist. The
counters are those of the rate limits, shared by all processes; their keys are hashed, as people
type passwords into that field.
"""

import hmac
import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from flask import current_app
from limits.storage import Storage
from werkzeug.exceptions import TooManyRequests

from crm.core.security.rate_limits import retry_message
from crm.core.types import fold

LIMIT = 5  # failures of one name from one client
WINDOW = 15 * 60  # seconds
FREE = 10  # failures of one name from all unknown clients, before it is slowed down
LONGEST = 30  # seconds of a pause

log = logging.getLogger("crm")


@dataclass(frozen=True)
class Attempt:
    """A sign-in attempt. `epoch` is the user's: a new password unlocks the name."""

    name: str
    epoch: int
    device: str  # "" where the device never signed in as this user
    address: str

    def begin(self) -> None:
        """Count the attempt before the password is checked. Raises TooManyRequests.

        Counting first leaves no gap for concurrent attempts.
        """
        seconds = _tolerant(self._wait)
        if seconds:
            raise TooManyRequests(retry_message(seconds), retry_after=seconds)

    def succeed(self) -> None:
        """Uncount the attempt: it was no failure."""
        _tolerant(self._forget)

    def _wait(self, storage: Storage) -> int:
        own, wide, pause = self._key("own", self._place), self._key("wide"), self._key("pause")
        if storage.get(own) >= LIMIT:
            return _left(storage, own)
        before = 0 if self.device else storage.get(wide)
        if before >= FREE:
            length = min(2 ** (before - FREE), LONGEST)
            if storage.incr(pause, length) > 1:
                return _left(storage, pause)
        if storage.incr(own, WINDOW) > LIMIT:
            return _left(storage, own)
        if not self.device:
            storage.incr(wide, WINDOW)
        return 0

    def _forget(self, storage: Storage) -> int:
        storage.clear(self._key("own", self._place))
        if not self.device:
            storage.incr(self._key("wide"), WINDOW, -1)
        return 0

    @property
    def _place(self) -> str:
        return f"device {self.device}" if self.device else f"address {self.address}"

    def _key(self, *parts: str) -> str:
        text = "\0".join((*parts, str(self.epoch), fold(self.name)))
        secret = current_app.config["SECRET_KEY"]
        return "sign-in/" + hmac.new(secret.encode(), text.encode(), sha256).hexdigest()


def _left(storage: Storage, key: str) -> int:
    """The seconds until a counter is reset."""
    return max(math.ceil(storage.get_expiry(key) - time.time()), 1)


def _tolerant(ask: Callable[[Storage], int]) -> int:
    """0 while the counters do not answer, so that people can sign in (rate-limited)."""
    storage: Storage = current_app.extensions["appbuilder"].sm.limiter.limiter.storage
    try:
        return ask(storage)
    except storage.base_exceptions:
        log.warning("the counters of failed sign-ins do not answer")
        return 0
