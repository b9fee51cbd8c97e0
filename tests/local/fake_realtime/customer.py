"""The customer's own address, on loopback: what the simulator posts to."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_PATIENCE_SECONDS = 30


class Customer(ThreadingHTTPServer):
    """Gives the statuses it was told to, then 200, and keeps what came; answers only while `open` is set."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.statuses: list[int] = []
        self.reports: list[Any] = []
        self.open = threading.Event()
        self.open.set()
        self.came = threading.Condition()

    @property
    def url(self) -> str:
        """The address, with a path and a query of its own."""
        return f"http://127.0.0.1:{self.server_port}/reports/key?x=1"

    def await_posts(self, number: int) -> list[Any]:
        """Wait until so many posts came; give their bodies."""
        with self.came:
            assert self.came.wait_for(lambda: len(self.reports) >= number, _PATIENCE_SECONDS), self.reports
        return [body for _, body in self.reports]


class _Handler(BaseHTTPRequestHandler):
    server: Customer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.came:
            self.server.reports.append((self.path, json.loads(body)))
            status = self.server.statuses.pop(0) if self.server.statuses else 200
            self.server.came.notify_all()
        self.server.open.wait(_PATIENCE_SECONDS)
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Keep the test's output clean."""
