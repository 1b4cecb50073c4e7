"""One process of the server: a gunicorn worker whose loop is waitress's."""

import os
import resource
import signal
import time
from typing import Any

from gunicorn.workers.base import Worker as BaseWorker
from waitress.adjustments import Adjustments
from waitress.task import ThreadedTaskDispatcher
from waitress.wasyncore import poll2

from crm.core.limits import HEAD_BYTES
from crm.server.listener import Listener

THREADS = 4  # that answer; the loop is a fifth. Python runs one at a time: more only wait
RECEIVED = 64 * 1024  # bytes at once; each time, the loop looks at every connection
BUFFERED = 128 * 1024  # bytes of a request or an answer kept in memory; the rest goes to disk
ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)


class Worker(BaseWorker):
    """Reads requests with deadlines, answers them in THREADS threads, drains on TERM."""

    listeners: list[Listener] = []

    def init_signals(self) -> None:
        super().init_signals()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)  # its parent blocks them before the fork

    def run(self) -> None:
        """Run until TERM, or until the parent process has ended."""
        connections: dict[int, Any] = {}
        settings = _settings([listener.sock for listener in self.sockets])
        dispatcher = ThreadedTaskDispatcher()
        dispatcher.set_thread_count(THREADS)
        self.listeners = [
            Listener(self.wsgi, connections, sock, dispatcher, settings)
            for sock in settings.sockets
        ]
        while self.alive and os.getppid() == self.ppid:
            self._turn(connections)
        for listener in self.listeners:
            listener.drain()
        while any(listener.is_busy() for listener in self.listeners) and os.getppid() == self.ppid:
            self._turn(connections)

    def _turn(self, connections: dict[int, Any]) -> None:
        self.notify()
        poll2(1, connections)
        now = time.monotonic()
        for listener in self.listeners:
            listener.sweep(now)

    def handle_exit(self, sig: int, frame: object) -> None:
        """On TERM, wake the poll, which continues to wait after a signal."""
        super().handle_exit(sig, frame)
        for listener in self.listeners:
            listener.pull_trigger()


def _settings(sockets: list[Any]) -> Adjustments:
    """waitress 3.0's settings; the limits on requests are in crm.server.request."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return Adjustments(
        sockets=sockets,
        threads=THREADS,
        backlog=2048,
        connection_limit=min(2000, files // 4),
        recv_bytes=RECEIVED,
        inbuf_overflow=BUFFERED,
        outbuf_overflow=BUFFERED,
        # A slow reader's answer waits on disk: above this many bytes a thread would wait for it.
        outbuf_high_watermark=1 << 40,
        max_request_header_size=HEAD_BYTES,
        max_request_body_size=1 << 40,
        # The application reads the proxies' headers, as many as PROXIES says.
        clear_untrusted_proxy_headers=False,
        log_socket_errors=False,
        ident=None,
        server_name="localhost",
    )
