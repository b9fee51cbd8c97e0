"""A plain HTTP caller that keeps nothing from a test: status, headers and body as they came."""

import http.client
import json
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

TOKEN = "local-token"
ORDINARY = "+56911112222"
_JSON = {"Content-Type": "application/json", "Authorization": f"Bearer {TOKEN}"}


@dataclass(frozen=True)
class Came:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 - a test looks into it as it likes
        """The body, decoded."""
        return json.loads(self.body)

    @property
    def words(self) -> list[str]:
        """The status word of each result."""
        return [result["status"] for result in self.json["submissions"]]


def sms(*recipients: str, text: str = "hello", charset: int = 0, sender: str = "96000") -> dict[str, Any]:
    """Return a body as the vendor wants it."""
    return {
        "recipients": list(recipients or (ORDINARY,)),
        "sender": sender,
        "message": {"charset": charset, "text": text},
    }


@dataclass(frozen=True)
class Caller:
    """Calls one simulator, each call on a connection of its own."""

    port: int
    tls: ssl.SSLContext | None = None
    timeout: float = 30

    def call(self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Came:
        """Make one call, with the JSON headers and the first token unless others are given."""
        connection = (
            http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)
            if self.tls is None
            else http.client.HTTPSConnection("127.0.0.1", self.port, timeout=self.timeout, context=self.tls)
        )
        try:
            connection.request(method, path, body, dict(_JSON if headers is None else headers))
            response = connection.getresponse()
            return Came(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    def send(self, *recipients: str, **parts: Any) -> Came:  # noqa: ANN401 - those of `sms`
        """Send one SMS."""
        return self.post("/api/sms", sms(*recipients, **parts))

    def post(self, path: str, value: object) -> Came:
        """Post a JSON value."""
        return self.call("POST", path, json.dumps(value).encode())

    def get(self, path: str) -> Came:
        """Get a path."""
        return self.call("GET", path)

    def begin(self, *recipients: str) -> socket.socket:
        """Send one SMS over a plain socket and leave the reply unread; closing it gives up."""
        body = json.dumps(sms(*recipients)).encode()
        head = "".join(f"{name}: {value}\r\n" for name, value in _JSON.items())
        line = socket.create_connection(("127.0.0.1", self.port), timeout=self.timeout)
        host = f"Host: 127.0.0.1:{self.port}\r\n"
        line.sendall(f"POST /api/sms HTTP/1.1\r\n{host}{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        return line

    def await_that(self, holds: Callable[[], bool]) -> None:
        """Go round through the server until something holds there."""
        for _ in range(5000):
            if holds():
                return
            self.get("/_simulator/counters")
        raise AssertionError("it never held")
