"""What X-Ray's daemon is told: a subsegment of each call, of sampled invocations alone, and nothing that is secret."""

import json
import re
import socket
from collections.abc import Iterator
from io import StringIO
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse, HTTPHeaders

from realtime_sms.aws.logging import logger
from realtime_sms.aws.traces import Traces
from realtime_sms.encoding.text import EncodedText
from realtime_sms.provider.calls import CallResult, Reply, ReplyLost
from realtime_sms.requests.prepare import Draft
from send import submitter
from send.ports import Unit
from send.submitter import Submitter

ROOT, PARENT = "1-6924f2a0-0123456789abcdef01234567", "53995c3f42cd8ad8"
SAMPLED = f"Root={ROOT};Parent={PARENT};Sampled=1"
NUMBER, TEXT, TOKEN = "+56912345678", "Su clave es 4711", "a-secret-token"
ACCEPTED = Reply(200, b'{"submissions": [{"status": "submitted", "submissionId": "1"}]}')


class Daemon:
    """X-Ray's daemon, as far as a function knows it."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        host, port = line.getsockname()
        self.environment = {"_X_AMZN_TRACE_ID": SAMPLED, "AWS_XRAY_DAEMON_ADDRESS": f"{host}:{port}"}

    def told(self) -> list[dict[str, Any]]:
        """Give the documents that have come; loopback keeps what was sent, so there is nothing to wait for."""
        documents: list[dict[str, Any]] = []
        while True:
            try:
                head, _, body = self._line.recv(65536).partition(b"\n")
            except BlockingIOError:
                return documents
            assert json.loads(head) == {"format": "json", "version": 1}
            documents.append(json.loads(body))


@pytest.fixture
def daemon() -> Iterator[Daemon]:
    """Listen on a free port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind(("127.0.0.1", 0))
        line.settimeout(0)
        yield Daemon(line)


def _client(service: str, seen: list[Any]) -> Any:  # noqa: ANN401 (any client of boto3)
    """Make a client that reaches no network, and note its requests."""
    raw: Any = SimpleNamespace(stream=lambda: iter([b"{}"]))

    def answer(request: Any, **_: object) -> Any:  # noqa: ANN401 (botocore's own)
        seen.append(request)
        return AWSResponse("https://aws.example", 200, HTTPHeaders(), raw)

    session: Any = boto3.Session("x", "y", region_name="sa-east-1")
    client = session.client(service)
    client.meta.events.register("before-send", answer)
    return client


class Tokens:
    """One token, always."""

    def current(self) -> str:
        """Give it."""
        return TOKEN

    def renewed(self, refused: str) -> str:
        """Have no other."""
        return refused


def _submit(exchange: CallResult, traces: Traces, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submitter, "traces", traces)
    encoded = EncodedText(0, TEXT, "gsm7", len(TEXT), 1)
    draft = Draft(request_id="order-4711", recipient=NUMBER, content_hash="hash", sender="96000", encoded=encoded)
    Submitter(lambda _: exchange, Tokens(), may_start=lambda _: True).submit(Unit((draft,)))


def test_a_call_to_realtime_is_told_with_what_a_log_may_hold(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    """And hangs on the segment that Lambda made."""
    _submit(ACCEPTED, Traces(daemon.environment, now=iter((10.0, 10.5)).__next__), monkeypatch)
    (told,) = daemon.told()
    assert re.fullmatch("[0-9a-f]{16}", told.pop("id"))
    assert told == {
        "type": "subsegment",
        "trace_id": ROOT,
        "parent_id": PARENT,
        "name": "RealTime",
        "namespace": "remote",
        "start_time": 10.0,
        "end_time": 10.5,
        "fault": False,
        "error": False,
        "throttle": False,
        "http": {"response": {"status": 200}},
        "annotations": {
            "request_id": "order-4711",
            "recipient": "+56***78",
            "recipients": 1,
            "proof": "accepted",
            "reason": "accepted",
        },
    }


@pytest.mark.parametrize(
    ("exchange", "wrong"),
    [
        (Reply(429, b""), {"error", "throttle"}),
        (Reply(401, b""), {"error"}),
        (Reply(503, b""), {"fault"}),
        (ReplyLost("closed"), {"fault"}),
    ],
    ids=["throttled", "refused", "unavailable", "broken"],
)
def test_a_call_that_went_wrong_is_told_as_such(
    exchange: CallResult, wrong: set[str], daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As X-Ray names it, by whose fault it is."""
    _submit(exchange, Traces(daemon.environment), monkeypatch)
    told = daemon.told()[0]
    assert {name for name in ("error", "fault", "throttle") if told[name]} == wrong


def test_a_call_of_aws_is_told_by_its_operation(daemon: Daemon) -> None:
    """Not by its parameters, which hold numbers and tokens."""
    client = _client("secretsmanager", [])
    Traces({**daemon.environment, "AWS_REGION": "sa-east-1"}).follow(client)
    client.put_secret_value(SecretId="name", SecretString=TOKEN)
    (told,) = daemon.told()
    assert (told["name"], told["namespace"]) == ("Secrets Manager", "aws")
    assert told["aws"] == {"operation": "PutSecretValue", "region": "sa-east-1"}
    assert TOKEN not in json.dumps(told)


@pytest.mark.parametrize(
    "header",
    ["", f"Root={ROOT};Parent={PARENT};Sampled=0", f"Root={ROOT};Sampled=1", "Sampled=1", "=;;Sampled=1"],
    ids=["none", "not sampled", "no parent", "no root", "no header at all"],
)
def test_of_an_invocation_that_is_not_sampled_nothing_is_told(header: str, daemon: Daemon) -> None:
    """Nor of one whose header cannot be used."""
    with Traces({**daemon.environment, "_X_AMZN_TRACE_ID": header}).call("RealTime"):
        pass
    assert daemon.told() == []


def test_an_invocation_tells_of_so_many_calls_and_the_next_one_begins_anew(daemon: Daemon) -> None:
    """A trace that is too large would be lost whole."""
    traces = Traces(daemon.environment, most=2)
    for parent in ("1" * 16, "2" * 16):
        daemon.environment["_X_AMZN_TRACE_ID"] = f"Root={ROOT};Parent={parent};Sampled=1"
        for _ in range(3):
            with traces.call("RealTime"):
                pass
    assert [one["parent_id"] for one in daemon.told()] == ["1" * 16] * 2 + ["2" * 16] * 2


@pytest.mark.parametrize("address", ["", "nowhere", "127.0.0.1:port", "127.0.0.1:0", "tcp:127.0.0.1:1"])
def test_a_daemon_that_cannot_be_told_stops_no_call(address: str) -> None:
    """An SMS is worth more than its trace."""
    with Traces({"_X_AMZN_TRACE_ID": SAMPLED, "AWS_XRAY_DAEMON_ADDRESS": address}).call("RealTime"):
        done = True
    assert done


def test_what_is_raised_in_a_call_is_told_as_a_fault_and_raised(daemon: Daemon) -> None:
    """Without its message, which may hold anything."""
    with pytest.raises(RuntimeError), Traces(daemon.environment).call("RealTime"):
        raise RuntimeError(TEXT)
    (told,) = daemon.told()
    assert told["fault"]
    assert TEXT not in json.dumps(told)


def test_each_log_line_names_the_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a saved query finds the lines of one."""
    stream = StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", stream)
    monkeypatch.setenv("_X_AMZN_TRACE_ID", SAMPLED)
    logger.info("submission")
    assert json.loads(stream.getvalue())["xray_trace_id"] == ROOT


def test_a_message_that_the_api_queues_carries_the_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the header that SQS hands on as `AWSTraceHeader`; botocore adds it in a function."""
    monkeypatch.setenv("_X_AMZN_TRACE_ID", SAMPLED)
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "api")
    seen: list[Any] = []
    _client("sqs", seen).send_message(QueueUrl="https://sqs.example/000000000000/send", MessageBody="{}")
    assert [one.headers["X-Amzn-Trace-Id"].decode() for one in seen] == [SAMPLED]
