"""RealTime, AWS and Lambda's runtime API as one server on loopback that counts, in a process of its own."""

import asyncio
import json
import re
import socket
import subprocess
import sys
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import urllib3

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_TARGET = re.compile(rb"x-amz-target: *[\w]+?(?:_\d+)?\.(\w+)", re.IGNORECASE)
_EMPTY_PAGE = {"Items": [], "Count": 0, "ScannedCount": 0}
_QUEUE_SIZES = ("", "NotVisible", "Delayed")
_AWS: dict[str, Any] = {
    "GetSecretValue": {"SecretString": json.dumps({"access_token": "bench-token"})},
    "Query": _EMPTY_PAGE,
    "Scan": _EMPTY_PAGE,
    "BatchGetItem": {"Responses": {}, "UnprocessedKeys": {}},
    "SendMessage": {"MessageId": "1"},
    "GetQueueAttributes": {"Attributes": {f"ApproximateNumberOfMessages{kind}": "0" for kind in _QUEUE_SIZES}},
}
_ACCEPTED = {"submissions": [{"status": "submitted", "submissionId": "4193366853543393"}]}
_INVOCATION = (
    b"Lambda-Runtime-Aws-Request-Id: 0\r\nLambda-Runtime-Deadline-Ms: 32503680000000\r\n"
    b"Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:000000000000:function:one\r\n"
)


@dataclass
class Seen:
    """Calls by name; when each SMS arrived, and when the Lambda runtime called, in seconds of the monotonic clock."""

    counts: Counter[str] = field(default_factory=Counter)
    arrivals: list[float] = field(default_factory=list)
    runtime: list[float] = field(default_factory=list)


class _Server:
    """What the server knows: how to behave, what it has seen, and the turns taken of each second."""

    def __init__(self) -> None:
        self.behaviour: dict[str, Any] = {"provider": 0, "store": 0, "slow_call": 0, "slow_seconds": 0, "event": None}
        self.seen = Seen()
        self._turns: dict[str, int] = {}

    def answer(self, head: bytes, body: bytes) -> tuple[bytes, float] | None:
        """Return the reply and after how many seconds it is due; None closes the connection."""
        if head.startswith(b"POST /api/sms"):
            self.seen.arrivals.append(asyncio.get_running_loop().time())
            slow = len(self.seen.arrivals) == self.behaviour["slow_call"]
            return _http(_ACCEPTED), self.behaviour["slow_seconds" if slow else "provider"]
        if found := _TARGET.search(head):
            return _http(self._aws(found[1].decode(), body), b"x-amzn-RequestId: 0\r\n"), self.behaviour["store"]
        if head.startswith(b"POST /seen"):
            seen, self.seen = self.seen, Seen()
            self.behaviour |= json.loads(body)
            return _http(vars(seen)), 0
        return self._runtime(head, body)

    def _aws(self, action: str, body: bytes) -> Any:  # noqa: ANN401 (replies differ)
        counts = self.seen.counts
        counts[action] += 1
        counts["calls"] += 1
        if action == "BatchExecuteStatement":
            statements = body.count(b'"Statement"')
            counts["statements"] += statements
            return {"Responses": [{"TableName": "outcomes"}] * statements}
        if action in {"BatchGetItem", "GetItem"}:
            counts["keys"] += body.count(b'"recipient"')
        if action == "Query" and b'"open-' in body:  # the index of unfinished submissions
            counts["overdue"] += 1
        if action == "UpdateItem" and b'"#rate' in body:
            return self._reserve(json.loads(body))
        return _AWS.get(action, {})

    def _reserve(self, given: dict[str, Any]) -> dict[str, Any]:
        """Count the turns of a second as the table does: the rate limit is the one thing that needs a memory."""
        values = {name: int(value["N"]) for name, value in given["ExpressionAttributeValues"].items() if "N" in value}
        second = given["Key"]["requestId"]["S"]
        self._turns[second] = self._turns.get(second, values[":first"]) + values[":wanted"]
        return {"Attributes": {"taken": {"N": str(self._turns[second])}}}

    def _runtime(self, head: bytes, body: bytes) -> tuple[bytes, float] | None:
        """Hand out the event, if there is one, and take its result; send a runtime away that asks for another one."""
        self.seen.runtime.append(asyncio.get_running_loop().time())
        if head.startswith(b"GET"):
            event = self.behaviour["event"] if len(self.seen.runtime) == 1 else None
            return None if event is None else (_http(event, _INVOCATION), 0)
        failed = b"/error " in head or json.loads(body).get("statusCode", 0) >= HTTPStatus.BAD_REQUEST
        self.seen.counts["errors"] += failed
        return _http({}), 0


class _Connection(asyncio.Protocol):
    """One connection: a request is whole when its length is there, and is answered after its latency."""

    def __init__(self, server: _Server) -> None:
        self._server = server
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = self._received[:end]
            stated = _LENGTH.search(head)
            whole = end + 4 + (int(stated[1]) if stated else 0)
            if len(self._received) < whole:
                return
            body, self._received = self._received[end + 4 : whole], self._received[whole:]
            if (answer := self._server.answer(head, body)) is None:
                self._transport.close()
                return
            reply, latency = answer
            loop = asyncio.get_running_loop()
            loop.call_later(latency, self._transport.write, reply) if latency else self._transport.write(reply)


def _http(value: object, headers: bytes = b"") -> bytes:
    body = json.dumps(value).encode()
    sums = b"x-amz-crc32: %d\r\nContent-Length: %d\r\n\r\n" % (zlib.crc32(body), len(body))
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + headers + sums + body


async def _serve() -> None:
    """Serve on a free port, and print which."""
    known = _Server()
    server = await asyncio.get_running_loop().create_server(lambda: _Connection(known), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


class Stub:
    """The server, as it is asked from outside."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._pool = urllib3.PoolManager()

    def behave(self, *, provider: float = 0, store: float = 0, slow_call: int = 0, slow_seconds: float = 0) -> None:
        """Set the latencies of RealTime and AWS in seconds, that of one SMS by its number, and forget what was seen."""
        self.seen(provider=provider, store=store, slow_call=slow_call, slow_seconds=slow_seconds)

    def seen(self, **behaviour: object) -> Seen:
        """Return what came since this was last asked for, and set how to behave from now on.

        `event` is what the next cold start gets.
        """
        found = self._pool.request("POST", f"{self.url}/seen", json=behaviour).json()
        return Seen(Counter(found["counts"]), found["arrivals"], found["runtime"])


@contextmanager
def stub() -> Iterator[Stub]:
    """Run the server in a process of its own."""
    with subprocess.Popen([sys.executable, "-P", __file__], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Stub(int(process.stdout.readline()))
        finally:
            process.terminate()


if __name__ == "__main__":
    asyncio.run(_serve())
