"""RealTime, DynamoDB, SQS, Secrets Manager and EventBridge as one server that counts, in a process of its own."""

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
CALLBACK_KEY = "bench" * 8  # also the id of its secret
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_TARGET = re.compile(rb"x-amz-target: *[\w]+?(?:_\d+)?\.(\w+)", re.IGNORECASE)
_SECRET = {"ARN": "arn", "Name": "token", "VersionId": "1", "SecretString": json.dumps({"access_token": TOKEN})}
_PAGE = 100  # keys of a Query
_ACCEPTED = {"status": "submitted", "submissionId": "4193366853543393"}
_REPLIES: dict[str, Any] = {
    "GetSecretValue": _SECRET,
    "Scan": {"Items": [], "Count": 0, "ScannedCount": 0},
    "PutEvents": {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]},
    "BatchGetItem": {"Responses": {}, "UnprocessedKeys": {}},
    "ChangeMessageVisibilityBatch": {"Successful": [], "Failed": []},
    "SendMessage": {"MessageId": "1", "MD5OfMessageBody": ""},
    "GetQueueAttributes": {
        "Attributes": dict.fromkeys(
            (
                "ApproximateNumberOfMessages",
                "ApproximateNumberOfMessagesNotVisible",
                "ApproximateNumberOfMessagesDelayed",
            ),
            "0",
        )
    },
}


@dataclass(slots=True)
class _Behaviour:
    """Latencies in seconds, of single recipients where they differ, and what has come."""

    provider: float = 0.0
    store: float = 0.0
    slow: dict[str, float] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    arrivals: list[float] = field(default_factory=list)
    turns: dict[str, int] = field(default_factory=dict)
    due: int = 0


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
        elif action == "GetSecretValue" and CALLBACK_KEY.encode() in body:
            reply = {"SecretString": CALLBACK_KEY}
        elif action == "BatchGetItem":
            counts["keys"] += body.count(b'"recipient"')
        elif action == "Query":
            reply = self._overdue(json.loads(body))
        elif action == "UpdateItem" and b'"#rate.' in body:
            reply = self._reserve(json.loads(body))
        return _http(reply, b"application/x-amz-json-1.0"), self._behaviour.store

    def _reserve(self, told: dict[str, Any]) -> dict[str, Any]:
        """Count turns of a second as the table would: the one thing that has to be kept."""
        values = {name: value["N"] for name, value in told["ExpressionAttributeValues"].items()}
        second = told["Key"]["requestId"]["S"]
        taken = self._behaviour.turns.get(second, int(values[":first"])) + int(values[":wanted"])
        self._behaviour.turns[second] = taken
        return {"Attributes": {"taken": {"N": str(taken)}}}

    def _overdue(self, told: dict[str, Any]) -> dict[str, Any]:
        """Give a page of what is overdue: all of it is in the first shard, and gone when it is read."""
        begin = int(told.get("ExclusiveStartKey", {}).get("requestId", {}).get("S", 0))
        first_shard = told["ExpressionAttributeValues"].get(":shard", {}).get("S") == "open-0"
        end = min(begin + _PAGE, self._behaviour.due if first_shard else begin)
        keys = [{"requestId": {"S": str(number)}, "recipient": {"S": "+56912345678"}} for number in range(begin, end)]
        more = {"LastEvaluatedKey": {"requestId": {"S": str(end)}}} if first_shard and end < self._behaviour.due else {}
        return {"Items": keys, "Count": len(keys)} | more

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
        self, *, provider: float = 0.0, store: float = 0.0, slow: dict[str, float] | None = None, due: int = 0
    ) -> Counter[str]:
        """Set latencies in seconds, and what is overdue; give what was counted since anything was last asked for."""
        told = {"provider": provider, "store": store, "slow": slow or {}, "due": due}
        return Counter(self._ask(told)["counts"])

    def look(self) -> tuple[list[float], Counter[str]]:
        """Give when each *Send SMS* came since anything was last asked for, in seconds, and what was counted."""
        found = self._ask({})
        return list(found["arrivals"]), Counter(found["counts"])

    def _ask(self, told: dict[str, Any]) -> dict[str, Any]:
        reply: dict[str, Any] = self._pool.request("POST", f"{self.url}/behaviour", json=told).json()
        return reply
