"""Traces: a subsegment for each call that a function makes, where X-Ray samples the invocation; else nothing.

Lambda makes the segments, and runs X-Ray's daemon beside the function: a subsegment is one datagram of JSON to it,
which waits for no answer. Hence no SDK (docs/decisions/0011-traces-without-an-sdk.md). As logs do, it holds request
ids and masked numbers, and never a text, a token or a whole number.

Source: AWS X-Ray Developer Guide, *Segment documents*.
"""

import json
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, Final, Literal

_HEADER: Final = json.dumps({"format": "json", "version": 1}).encode() + b"\n"
_MOST: Final = 200  # subsegments of an invocation: 500 bytes each; X-Ray takes 100 to 500 KB a trace
_BEGUN: Final = "traced_since"  # in the context that botocore gives to each call


class Subsegment:
    """What is told of one call. Annotations can be searched for.

    No dataclass: making one was a third of what this module costs a new environment, 3.3 ms.
    """

    __slots__ = ("annotations", "aws", "fault", "http_status", "name", "namespace")

    def __init__(self, name: str, namespace: Literal["remote", "aws"]) -> None:
        self.name = name
        self.namespace = namespace
        self.annotations: dict[str, str | int] = {}
        self.http_status: int | None = None
        self.fault = False
        self.aws: dict[str, str] = {}


class Traces:
    """What one environment tells X-Ray's daemon; safe to use from many threads."""

    def __init__(
        self, environment: Mapping[str, str] = os.environ, *, now: Callable[[], float] = time.time, most: int = _MOST
    ) -> None:
        self._environment = environment
        self._now = now
        self._most = most
        self._lock = threading.Lock()
        self._invocation = ""
        self._told = 0

    @contextmanager
    def call(self, name: str) -> Iterator[Subsegment]:
        """Time a call to the outside; the body says of it what may be known."""
        told, begun = Subsegment(name, "remote"), self._now()
        try:
            yield told
        except BaseException:
            told.fault = True
            raise
        finally:
            self._tell(told, begun)

    def follow(self, client: Any) -> None:  # noqa: ANN401 (any client of boto3)
        """Tell of each call that an AWS client makes."""
        client.meta.events.register("before-call", self._begin)
        client.meta.events.register("after-call", self._end)
        client.meta.events.register("after-call-error", self._fail)

    def _begin(self, context: dict[str, Any], model: Any, **_: object) -> None:  # noqa: ANN401 (botocore's own)
        context[_BEGUN] = self._now(), str(model.service_model.service_id), str(model.name)

    def _end(self, http_response: Any, context: dict[str, Any], **_: object) -> None:  # noqa: ANN401 (botocore's own)
        self._tell_of_aws(context, status=http_response.status_code)

    def _fail(self, context: dict[str, Any], **_: object) -> None:
        self._tell_of_aws(context, status=None)

    def _tell_of_aws(self, context: dict[str, Any], status: int | None) -> None:
        if _BEGUN not in context:  # another handler answered instead of AWS
            return
        begun, service, operation = context.pop(_BEGUN)
        told = Subsegment(service, "aws")
        told.http_status, told.fault = status, status is None
        told.aws = {"operation": operation, "region": self._environment.get("AWS_REGION", "")}
        self._tell(told, begun)

    def _tell(self, told: Subsegment, begun: float) -> None:
        header = self._environment.get("_X_AMZN_TRACE_ID", "")
        if "Sampled=1" not in header:  # so it is for most, which this must cost nothing
            return
        parts = dict(part.split("=", 1) for part in header.split(";") if "=" in part)
        daemon = self._environment.get("AWS_XRAY_DAEMON_ADDRESS")
        if daemon and {"Root", "Parent"} <= parts.keys() and self._may_tell(header):
            document = {"trace_id": parts["Root"], "parent_id": parts["Parent"], **_document(told, begun, self._now())}
            _send(json.dumps(document).encode(), daemon)

    def _may_tell(self, invocation: str) -> bool:
        with self._lock:
            if invocation != self._invocation:
                self._invocation, self._told = invocation, 0
            self._told += 1
            return self._told <= self._most


def _document(told: Subsegment, begun: float, ended: float) -> dict[str, Any]:
    document = {
        "type": "subsegment",
        "id": secrets.token_hex(8),
        "name": told.name,
        "namespace": told.namespace,
        "start_time": begun,
        "end_time": ended,
        "fault": told.fault or (told.http_status or 0) >= HTTPStatus.INTERNAL_SERVER_ERROR,
        "error": HTTPStatus.BAD_REQUEST <= (told.http_status or 0) < HTTPStatus.INTERNAL_SERVER_ERROR,
        "throttle": told.http_status == HTTPStatus.TOO_MANY_REQUESTS,
    }
    if told.http_status is not None:
        document["http"] = {"response": {"status": told.http_status}}
    return document | {name: value for name in ("annotations", "aws") if (value := getattr(told, name))}


def _send(document: bytes, daemon: str) -> None:
    """Hand it to the daemon; a trace that is lost must not cost an SMS."""
    address = next((part.removeprefix("udp:") for part in daemon.split() if not part.startswith("tcp:")), daemon)
    host, _, port = address.rpartition(":")
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
            line.settimeout(0)
            line.sendto(_HEADER + document, (host, int(port)))
    except (OSError, ValueError):
        return


traces = Traces()
