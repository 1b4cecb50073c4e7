"""The connection to the mail server: Flask-Mail's, with verified TLS and time-outs."""

import smtplib
import ssl
from types import TracebackType
from typing import Any

import flask_mail
from flask import current_app

from crm.core.mail_url import MailServer

TIMEOUT = 10  # seconds for each answer of the server
# Seconds for the mail itself and for the answer to it: servers scan it for viruses first, and a
# client that does not wait for the answer sends the mail again (RFC 5321, 4.5.3.2.6).
ACCEPTANCE = 180
ERROR = 400  # codes from here on are errors (RFC 5321, 4.2.1)


class _Host(smtplib.SMTP):
    """An SMTP connection with a longer time-out while the mail is handed over."""

    def data(self, msg: Any) -> Any:
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("not connected")
        self.sock.settimeout(ACCEPTANCE)
        try:
            return super().data(msg)
        finally:
            if self.sock is not None:
                self.sock.settimeout(TIMEOUT)


class _HostWithTLS(_Host, smtplib.SMTP_SSL):
    """The same, with TLS from the first byte."""


class Connection(flask_mail.Connection):
    """One connection for any number of mails.

    Flask-Mail 0.10 accepts any certificate, has no time-out, and raises where the connection drops
    after the server has accepted the mail, so that it would be sent twice.
    """

    def __init__(self, mail: flask_mail.Mail, server: MailServer) -> None:
        super().__init__(mail)
        self.server = server

    def configure_host(self) -> smtplib.SMTP:
        """Connect, encrypt and sign in. Raises OSError, smtplib.SMTPException."""
        server, context = self.server, ssl.create_default_context()
        host: smtplib.SMTP
        if server.tls == "tls":
            host = _HostWithTLS(server.host, server.port, timeout=TIMEOUT, context=context)
        else:
            host = _Host(server.host, server.port, timeout=TIMEOUT)
        try:
            if server.tls == "starttls":
                host.starttls(context=context)
            if server.user:
                host.login(server.user, server.password)
        except BaseException:
            host.close()
            raise
        return host

    def send(
        self, message: flask_mail.Message, envelope_from: str | tuple[str, str] | None = None
    ) -> None:
        """Hand a mail over. Raises OSError, smtplib.SMTPException, BadHeaderError, UnicodeError."""
        if message.has_bad_headers():
            raise flask_mail.BadHeaderError
        if self.host is None:
            raise smtplib.SMTPServerDisconnected("not connected")
        self.host.sendmail(
            _plain(message.sender), [_plain(to) for to in message.recipients], message.as_bytes()
        )

    def is_open(self) -> bool:
        """Whether the server still takes mails."""
        try:
            return self.host is not None and self.host.noop()[0] < ERROR
        except (OSError, smtplib.SMTPException):
            return False

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """Quit; whatever the server answers, the mails that it accepted are sent."""
        if self.host is not None:
            try:
                self.host.quit()
            except (OSError, smtplib.SMTPException):
                self.host.close()


def _plain(person: str | tuple[str, str]) -> str:
    """The address for the envelope, without the name."""
    return person if isinstance(person, str) else person[1]


def prepare() -> None:
    """Set the extension that Flask-Mail looks for when it makes a mail; its settings are unused."""
    current_app.extensions["mail"] = flask_mail.Mail().init_mail({})


def connect(server: MailServer) -> Connection:
    """A connection to `server`, in use as a context manager; within an application's context."""
    return Connection(current_app.extensions["mail"], server)
