"""A limit that was reached: who reached it, and when to try again."""

import math
import time
from ipaddress import IPv6Address, ip_address

from flask import current_app, request
from flask.typing import ResponseReturnValue
from flask_babel import ngettext
from flask_limiter.errors import RateLimitExceeded

from crm.core import http
from crm.core.actor import find_actor
from crm.core.security.devices import device


def client_address() -> str:
    """Where the request comes from; of IPv6 the network, as one line has millions of addresses."""
    text = request.remote_addr or ""
    try:
        found = ip_address(text)
    except ValueError:
        return text
    return f"{found.packed[:8].hex()}/64" if isinstance(found, IPv6Address) else text


def rate_limit_key() -> str:
    """What a limit counts by: the user, else a device that signed in before, else the address.

    So nobody is stopped by a colleague behind the same address.
    """
    actor = find_actor()
    if actor is not None:
        return f"user {actor.user_id}"
    known = device()
    return f"device {known}" if known else f"address {client_address()}"


def retry_message(seconds: int) -> str:
    """When to try again."""
    if seconds < 60:
        return str(
            ngettext("Try again in %(num)s second.", "Try again in %(num)s seconds.", seconds)
        )
    minutes = math.ceil(seconds / 60)
    return str(ngettext("Try again in %(num)s minute.", "Try again in %(num)s minutes.", minutes))


def too_many_requests(error: RateLimitExceeded) -> ResponseReturnValue:
    """Flask-Limiter's refusal, with the time at which it ends."""
    reached = current_app.extensions["appbuilder"].sm.limiter.current_limit
    seconds = max(math.ceil(reached.reset_at - time.time()), 1) if reached else 60
    error.retry_after = seconds
    error.description = retry_message(seconds)
    return http.refused(error)
