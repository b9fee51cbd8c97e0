"""The fakes of AWS on loopback, for the SDK's real clients; one chosen call fails."""

import json
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, NamedTuple, Self

from tests.fakes.aws.account import FakeAws
from tests.fakes.aws.errors import Refused
from tests.fakes.aws.models import BadCallError, check_request


class Fault(StrEnum):
    """How a call fails; a late fault leaves the call done."""

    THROTTLED = "throttled"
    ERROR = "an error"
    ERROR_LATE = "an error, late"
    RESET_LATE = "a reset, late"
    SLOW = "no answer in time"
    PARTLY = "done in part"


class Place(NamedTuple):
    """One call of a run: the n-th of its operation."""

    operation: str
    number: int


@dataclass(frozen=True)
class Way:
    """How calls fail, how often the SDK tries by itself, and how long it waits (seconds)."""

    attempts: int
    faults: tuple[Fault, ...] = ()
    patience: float = 30

    def faults_of(self, place: Place) -> list[Fault]:
        """Return what can go wrong with a call; slow faults are tried once for each operation."""
        return [
            fault
            for fault in self.faults
            if (fault is not Fault.PARTLY or place.operation in _BATCHES)
            and (fault is not Fault.SLOW or place.number == 1)
        ]


_BATCHES = {"BatchExecuteStatement", "BatchGetItem"}
_THROTTLED = {"DynamoDB": "ProvisionedThroughputExceededException"}  # others call it ThrottlingException


class AwsServer(ThreadingHTTPServer):
    """Serves `aws`; `arm` chooses the call that fails, and how. `function` answers Lambda's invocations."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.aws = FakeAws()
        self.function: Callable[[bytes], bytes] = lambda payload: payload
        self.slow = 0.0  # seconds
        self.mappings: dict[str, bool] = {}  # event source mappings that were enabled or disabled
        self._lock = threading.Lock()
        self.arm(None, None)

    def arm(self, place: Place | None, fault: Fault | None) -> None:
        """Start to count again, and let this call fail."""
        self.place, self.fault, self.counting = place, fault, True
        self.calls = Counter[str]()

    def disarm(self) -> None:
        """Let no call fail any more, and do not count."""
        self.counting = False

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shutdown()
        self.server_close()

    def fault_of(self, operation: str) -> Fault | None:
        """Count a call; return how it fails, if it does."""
        with self._lock:
            self.calls[operation] += self.counting
            here = Place(operation, self.calls[operation])
        return self.fault if self.counting and here == self.place else None

    def carry_out(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """Carry out an operation, one at a time."""
        with self._lock:
            return self.aws.answer(operation, request)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: AwsServer

    def do_POST(self) -> None:
        """Answer a call, or let it fail."""
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        service, _, operation = self.headers.get("X-Amz-Target", "Lambda.Invoke").partition(".")
        try:
            check_request("POST", self.path, {name.lower(): text for name, text in self.headers.items()}, body)
        except BadCallError as error:
            self._answer(400, _error(str(error)))
            return
        match self.server.fault_of(operation):
            case Fault.THROTTLED:
                self._answer(400, _error(_THROTTLED.get(service.partition("_")[0], "ThrottlingException")))
            case Fault.ERROR:
                self._answer(500, _error("InternalServerError"))
            case Fault.PARTLY:
                self._answer(200, _encoded(self._partly(operation, json.loads(body))))
            case fault:
                self._done(fault, operation, body)

    def do_GET(self) -> None:
        """Return an event source mapping."""
        check_request("GET", self.path, {}, b"")
        mapping = self.path.rpartition("/")[2]
        enabled = self.server.mappings.get(mapping, True)
        self._answer(200, _encoded({"UUID": mapping, "State": "Enabled" if enabled else "Disabled"}))

    def do_PUT(self) -> None:
        """Enable or disable an event source mapping."""
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        check_request("PUT", self.path, {}, body)
        self.server.mappings[self.path.rpartition("/")[2]] = json.loads(body)["Enabled"]
        self._answer(202, b"{}")

    def _done(self, fault: Fault | None, operation: str, body: bytes) -> None:
        try:
            status, reply = 200, self._carried_out(operation, body)
        except Refused as error:
            status, reply = 400, _error(str(error))
        match fault:
            case Fault.ERROR_LATE:
                self._answer(500, _error("InternalServerError"))
            case Fault.RESET_LATE:
                self._reset()
            case Fault.SLOW:
                threading.Event().wait(self.server.slow)
                self._reset()
            case _:
                self._answer(status, reply)

    def _carried_out(self, operation: str, body: bytes) -> bytes:
        if operation == "Invoke":
            return self.server.function(body)
        return _encoded(self.server.carry_out(operation, json.loads(body)))

    def _partly(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """Leave the last part of a batch undone, as DynamoDB does when one part is throttled."""
        if operation == "BatchExecuteStatement":
            request["Statements"].pop()
            done = self.server.carry_out(operation, request)["Responses"]
            return {"Responses": [*done, {"Error": {"Code": "ThrottlingError"}}]}
        [(table, wanted)] = request["RequestItems"].items()
        last = wanted["Keys"].pop()
        left = {"UnprocessedKeys": {table: {"Keys": [last], "ConsistentRead": True}}}
        return self.server.carry_out(operation, request) | left

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Log nothing."""


def _encoded(answer: Mapping[str, Any]) -> bytes:
    return json.dumps(answer).encode()


def _error(code: str) -> bytes:
    return _encoded({"__type": code, "message": "spoiled"})
