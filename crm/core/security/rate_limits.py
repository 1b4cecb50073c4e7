"""Rate limits: the key of the counters, and the answer when a limit is reached."""

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
    """The client's address; of IPv6 its /64 network, as one connection has that many addresses.

    A socket for both kinds tells IPv4 as ::ffff:1.2.3.4, which would be one network for all.
    """
    text = request.remote_addr or ""
    try:
        found = ip_address(text)
    except ValueError:
        return text
    if not isinstance(found, IPv6Address):
        return text
    return str(found.ipv4_mapped or f"{found.packed[:8].hex()}/64")


def rate_limit_key() -> str:
    """The key of a counter: the user, else a known device, else the address.

    Colleagues behind one address have counters of their own.
    """
    actor = find_actor()
    if actor is not None:
        return f"user {actor.user_id}"
    known = device()
    return f"device {known}" if known else f"address {client_address()}"


def retry_message(seconds: int) -> str:
    if seconds < 60:
        return str(
            ngettext("Try again in %(num)s second.", "Try again in %(num)s seconds.", seconds)
        )
    minutes = math.ceil(seconds / 60)
    return str(ngettext("Try again in %(num)s minute.", "Try again in %(num)s minutes.", minutes))


def too_many_requests(error: RateLimitExceeded) -> ResponseReturnValue:
    reached = current_app.extensions["appbuilder"].sm.limiter.current_limit
    seconds = max(math.ceil(reached.reset_at - time.time()), 1) if reached else 60
    error.retry_after = seconds
    error.description = retry_message(seconds)
    return http.refused(error)
