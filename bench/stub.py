"""RealTime, DynamoDB, SQS and Secrets Manager as one server that answers at once and counts, in a process of its own.

It keeps nothing: every condition holds, every read finds nothing. What it costs is not in the CPU of what is measured.
"""

import asyncio
import json
import multiprocessing
import re
import signal
import socket
import zlib
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, Self

import urllib3

TOKEN = "bench-token"
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_TARGET = re.compile(rb"x-amz-target: *[\w]+?(?:_\d+)?\.(\w+)", re.IGNORECASE)
_SECRET = {"ARN": "arn", "Name": "token", "VersionId": "1", "SecretString": json.dumps({"access_token": TOKEN})}
_ACCEPTED = {"status": "submitted", "submissionId": "4193366853543393"}
_REPLIES: dict[str, Any] = {
    "GetSecretValue": _SECRET,
    "BatchGetItem": {"Responses": {}, "UnprocessedKeys": {}},
    "ChangeMessageVisibilityBatch": {"Successful": [], "Failed": []},
    "SendMessage": {"MessageId": "1", "MD5OfMessageBody": ""},
    "Query": {"Items": [], "Count": 0},
}


@dataclass(slots=True)
class _Behaviour:
    """Latencies in seconds, of single recipients where they differ, and what has come."""

    provider: float = 0.0
    store: float = 0.0
    slow: dict[str, float] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    arrivals: list[float] = field(default_factory=list)


class _Line(asyncio.Protocol):
    """One connection: requests are whole when their length is there, and answered after their latency."""

    def __init__(self, behaviour: _Behaviour) -> None:
        self._behaviour = behaviour
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._behaviour.counts["connections"] += 1

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = self._received[:end]
            stated = _LENGTH.search(head)
            whole = end + 4 + (int(stated[1]) if stated else 0)
            if len(self._received) < whole:
                return
            body, self._received = self._received[end + 4 : whole], self._received[whole:]
            reply, latency = self._answer(head, body)
            loop = asyncio.get_running_loop()
            loop.call_later(latency, self._transport.write, reply) if latency else self._transport.write(reply)

    def _answer(self, head: bytes, body: bytes) -> tuple[bytes, float]:
        if head.startswith(b"POST /api/sms"):
            return self._submit(body)
        if head.startswith(b"POST /behaviour"):
            return self._change(json.loads(body)), 0
        found = _TARGET.search(head)
        action = found[1].decode() if found else "unknown"
        counts = self._behaviour.counts
        counts[action] += 1
        counts["aws bytes"] += len(body)
        reply = _REPLIES.get(action, {})
        if action == "BatchExecuteStatement":
            statements = body.count(b'"Statement"')
            counts["statements"] += statements
            reply = {"Responses": [{"TableName": "outcomes"}] * statements}
        return _http(reply, b"application/x-amz-json-1.0"), self._behaviour.store

    def _submit(self, body: bytes) -> tuple[bytes, float]:
        behaviour = self._behaviour
        behaviour.counts["sms"] += 1
        behaviour.arrivals.append(asyncio.get_running_loop().time())
        latency = behaviour.provider
        if behaviour.slow:
            latency = behaviour.slow.get(json.loads(body)["recipients"][0], latency)
        return _http({"submissions": [_ACCEPTED]}, b"application/json"), latency

    def _change(self, told: dict[str, Any]) -> bytes:
        """Take new latencies; give what was counted since the last time."""
        behaviour = self._behaviour
        told |= {"counts": Counter(), "arrivals": []}
        before = {"counts": behaviour.counts, "arrivals": behaviour.arrivals}
        for name, value in told.items():
            setattr(behaviour, name, value)
        return _http(before, b"application/json")


def _http(value: object, kind: bytes) -> bytes:
    body = json.dumps(value).encode()
    return (
        b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\nx-amzn-RequestId: 0\r\nx-amz-crc32: %d\r\nContent-Length: %d\r\n\r\n%b"
        % (kind, zlib.crc32(body), len(body), body)
    )


async def _serve(ready: Callable[[int], None]) -> None:
    behaviour = _Behaviour()
    server = await asyncio.get_running_loop().create_server(lambda: _Line(behaviour), "127.0.0.1", 0, backlog=1024)
    ready(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def _run(pipe: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(asyncio.CancelledError):
        asyncio.run(_serve(pipe.send))


class Stub:
    """A context manager around the server's process."""

    def __enter__(self) -> Self:
        context = multiprocessing.get_context("spawn")
        here, there = context.Pipe()
        self._process = context.Process(target=_run, args=(there,), daemon=True)
        self._process.start()
        self.url = f"http://127.0.0.1:{here.recv()}"
        self._pool = urllib3.PoolManager()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.clear()
        self._process.terminate()
        self._process.join()

    def behave(
        self, *, provider: float = 0.0, store: float = 0.0, slow: dict[str, float] | None = None
    ) -> Counter[str]:
        """Set latencies in seconds; give what was counted since this was last asked for."""
        return Counter(self._ask({"provider": provider, "store": store, "slow": slow or {}})["counts"])

    def arrivals(self) -> list[float]:
        """Give when each *Send SMS* came since anything was last asked for, in seconds of the server's clock."""
        return list(self._ask({})["arrivals"])

    def _ask(self, told: dict[str, Any]) -> dict[str, Any]:
        reply: dict[str, Any] = self._pool.request("POST", f"{self.url}/behaviour", json=told).json()
        return reply
