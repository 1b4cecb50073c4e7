"""Connections: accepted while a thread is free, closed when they are too slow."""

import socket
import threading
import time
from functools import partial
from typing import Any

from flask import Flask
from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher

from crm.core.limits import body_limit
from crm.server.request import Request, Task, is_too_slow

IDLE_SECONDS = 60  # between two requests of one connection
CROWDED_IDLE_SECONDS = 5  # the same while connections get scarce
LINGER_SECONDS = 15  # for the rest of what was refused
SENT_AT_ONCE = 64 * 1024  # bytes; waitress reads megabytes again for every try to send them
WHEN_ANSWERED = -1.0  # in place of the instant until which a connection lingers


class Channel(HTTPChannel):
    """waitress 3.0's connection, with deadlines for the client."""

    task_class = Task
    sent = 0  # bytes, since the connection began
    lingers_until = 0.0
    unread_since: float | None = None  # when the client was first seen behind with reading
    unread_from = 0  # what was sent until then
    server: "Listener"
    will_close: bool
    request: Request | None
    requests: list[Request]

    def __init__(self, server: "Listener", *rest: Any, **more: Any) -> None:
        super().__init__(server, *rest, **more)
        self.sendbuf_len = SENT_AT_ONCE
        self.parser_class = partial(Request, partial(body_limit, server.application))

    def is_overdue(self, now: float, idle_seconds: float) -> bool:
        """Whether to close the connection: the client sends or reads nothing, or too slowly."""
        if self.lingers_until > 0:
            return now > self.lingers_until
        if self._reads_too_slowly(now):
            return True
        if self.requests or self.total_outbufs_len:
            if self.request is not None:
                self.request.restart(now)  # one it sent ahead, which we do not read on
            return False
        if self.request is not None:
            return self.request.is_overdue(now)
        return time.time() - self.last_activity > idle_seconds

    def _reads_too_slowly(self, now: float) -> bool:
        if not self.total_outbufs_len:
            self.unread_since = None
            return False
        if self.unread_since is None:
            self.unread_since, self.unread_from = now, self.sent
        return is_too_slow(self.unread_since, now, self.sent - self.unread_from)

    def send(self, data: bytes, do_close: bool = True) -> int:
        count = int(super().send(data, do_close))
        self.sent += count
        return count

    def service(self) -> None:
        if self.requests[0].refused:
            self.lingers_until = WHEN_ANSWERED
        try:
            super().service()
        finally:
            self.server.done()

    def handle_close(self) -> None:
        """Close; after a refusal, read on for a while what the client still sends.

        A socket closed over unread bytes resets the connection, and the browser then shows an
        error of its own in place of the page that says what was wrong.
        """
        if self.lingers_until == WHEN_ANSWERED and self.will_close:
            self.lingers_until = time.monotonic() + LINGER_SECONDS
            self.will_close = False
            try:
                self.socket.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            else:
                return
        super().handle_close()

    def give_up(self) -> None:
        self.lingers_until = 0
        self.handle_close()

    def received(self, data: bytes) -> bool:
        return not self.lingers_until and bool(super().received(data))


class Listener(TcpWSGIServer):
    """waitress 3.0's server for a socket that gunicorn opened and other processes share."""

    channel_class = Channel
    is_draining = False
    application: Flask
    active_channels: dict[int, Channel]

    def __init__(
        self,
        app: Flask,
        connections: dict[int, Any],
        sock: socket.socket,
        dispatcher: ThreadedTaskDispatcher,
        settings: Adjustments,
    ) -> None:
        info = (sock.family, sock.type, sock.proto, sock.getsockname())
        self.running = 0  # requests that wait for a thread or have one
        self.lock = threading.Lock()
        self.swept = time.monotonic()
        super().__init__(
            app, connections, True, sock, dispatcher, settings, info, bind_socket=False
        )

    def set_socket_options(self, conn: socket.socket) -> None:
        super().set_socket_options(conn)
        # The kernel would buffer megabytes for a client, and hide how slowly it reads.
        conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, SENT_AT_ONCE)

    def add_task(self, task: Channel) -> None:
        with self.lock:
            self.running += 1
        super().add_task(task)

    def done(self) -> None:
        """Wake the loop after an answer: it may accept a connection now."""
        with self.lock:
            self.running -= 1
        self.pull_trigger()

    def readable(self) -> bool:
        """Whether to accept a connection: not while another process may have a free thread."""
        has_room: bool = super().readable()
        return has_room and self.running < self.adj.threads

    def handle_accept(self) -> None:
        """Accept one connection a turn, as other processes accept too; more with many clients."""
        for _ in range(1 + len(self.active_channels) // 64):
            before = len(self.active_channels)
            super().handle_accept()
            if len(self.active_channels) == before:
                return

    def sweep(self, now: float) -> None:
        """Close overdue connections, once a second."""
        if now - self.swept < 1 and not self.is_draining:
            return
        self.swept = now
        channels = list(self.active_channels.values())
        is_crowded = len(channels) > self.adj.connection_limit / 2
        patience = CROWDED_IDLE_SECONDS if is_crowded else IDLE_SECONDS
        for channel in channels:
            if channel.is_overdue(now, patience) or (self.is_draining and not _is_due(channel)):
                channel.give_up()

    def drain(self) -> None:
        """Accept no more connections; finish running requests."""
        self.is_draining = True
        wasyncore.dispatcher.close(self)  # not our own close(), which ends the trigger too

    def is_busy(self) -> bool:
        return any(_is_due(channel) for channel in self.active_channels.values())


def _is_due(channel: Channel) -> bool:
    """Whether an answer is still to be sent: running, half sent, or the body is being received."""
    if channel.requests or channel.total_outbufs_len:
        return True
    return channel.request is not None and bool(channel.request.headers_finished)
