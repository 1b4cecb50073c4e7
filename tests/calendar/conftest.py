"""The mail server, for what events send."""

from tests.mail.conftest import postbox

__all__ = ["postbox"]
