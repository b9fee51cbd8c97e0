"""What we hook into botocore and powertools for speed gives what the libraries give by themselves."""

import json
import re
from collections.abc import Mapping
from datetime import date
from io import StringIO
from typing import Any

import boto3
import pytest
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from botocore.awsrequest import AWSResponse, HTTPHeaders
from botocore.config import Config

from realtime_sms.aws.submissions import Submissions
from realtime_sms.aws.table import OPT_OUTS, Table, as_key, send_batches_as_json
from realtime_sms.aws.telemetry import NAMESPACE, Counters, Metric, logger
from realtime_sms.outcomes.decide import Change
from tests.fakes.submissions import EVERYTHING, SENDING, SUBMITTED, WAITING

KEYS = [*((OPT_OUTS, f"+569{number:08}") for number in range(100)), ('ñandú "1" \\ \u2028 🦤', "#request")]
CHANGES = [
    *[Change(None, SENDING)] * 22,
    Change(SENDING, SUBMITTED),
    Change(SENDING, WAITING),
    Change(SENDING, EVERYTHING),
]


DAY = date(2026, 1, 1)
OF_THE_LINE = re.compile(r'"(location|timestamp)":"[^"]*",')

type Calls = list[tuple[str, Mapping[str, Any]]]
type Sent = tuple[str, str, dict[str, str], bytes]  # method, address, headers, body

OF_THE_MOMENT = {"X-Amz-Date", "Authorization", "amz-sdk-invocation-id"}  # times and random numbers


def _sent(*, hooked: bool, calls: Calls) -> list[Sent]:
    """Return what goes on the wire for some calls, with our hooks or without."""
    client = boto3.client(
        "dynamodb",
        "sa-east-1",
        aws_access_key_id="AKIAEXAMPLE",
        aws_secret_access_key="secret",
        config=Config(parameter_validation=not hooked),  # as `clients` has it
    )
    if hooked:
        send_batches_as_json(client)
    sent: list[Sent] = []

    def answer(request: Any, **_: object) -> Any:  # noqa: ANN401 (botocore's own; its stubs take none)
        headers = {name: str(text) for name, text in request.headers.items() if name not in OF_THE_MOMENT}
        assert len(headers) == len(request.headers) - len(OF_THE_MOMENT)
        sent.append((request.method, request.url, headers, bytes(request.body)))
        return AWSResponse(request.url, 200, HTTPHeaders(), _Raw())

    client.meta.events.register("before-send.dynamodb", answer)
    for operation, parameters in calls:
        getattr(client, operation)(**parameters)
    return sent


class _Raw:
    """The body of a reply."""

    def stream(self, *_: object, **__: object) -> list[bytes]:
        """Return an empty object."""
        return [b"{}"]


def test_a_read_of_101_keys_is_written_as_botocore_writes_it() -> None:
    """In two calls, the second with one key."""
    calls: Calls = [
        ("batch_get_item", {"RequestItems": {"outcomes": {"Keys": list(map(as_key, some)), "ConsistentRead": True}}})
        for some in (KEYS[:100], KEYS[100:])
    ]
    assert _sent(hooked=True, calls=calls) == _sent(hooked=False, calls=calls)


def test_25_statements_are_written_as_botocore_writes_them() -> None:
    """With every attribute, in every type that an item has."""
    none: Any = None
    submissions = Submissions(Table(none, "outcomes", ttl_days=45))
    calls: Calls = [("batch_execute_statement", {"Statements": list(map(submissions._statement, CHANGES))})]
    assert len(CHANGES) == 25
    assert _sent(hooked=True, calls=calls) == _sent(hooked=False, calls=calls)


@pytest.mark.parametrize("operation", ["batch_execute_statement", "batch_get_item"])
def test_a_value_that_json_does_not_have_is_not_sent(operation: str) -> None:
    """Bytes, which botocore would write in base64; no item of ours has any."""
    keys = {"Keys": [{"requestId": {"B": b"r"}}]}
    statements = [{"Statement": "SELECT", "Parameters": [{"B": b"r"}]}]
    parameters = {"RequestItems": {"t": keys}} if operation == "batch_get_item" else {"Statements": statements}
    with pytest.raises(TypeError, match="bytes"):
        _sent(hooked=True, calls=[(operation, parameters)])
    assert len(_sent(hooked=False, calls=[(operation, parameters)])) == 1


def test_metrics_are_written_as_powertools_writes_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Counts, seconds and measured values; only the time of writing differs."""
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "a-stack")
    counters = Counters()
    counters.count(Metric.REFRESHES, 3)
    counters.highest(Metric.WAITING_AGE, 7)
    counters.timed(Metric.PROVIDER_LATENCY, lambda: None)()
    counters.write()
    ours = json.loads(capsys.readouterr().out)
    metrics = Metrics(namespace=NAMESPACE)
    metrics.add_metric(Metric.REFRESHES, MetricUnit.Count, 3)
    metrics.add_metric(Metric.WAITING_AGE, MetricUnit.Seconds, 7)
    metrics.add_metric(Metric.PROVIDER_LATENCY, MetricUnit.Milliseconds, ours[Metric.PROVIDER_LATENCY][0])
    metrics.flush_metrics()
    theirs = json.loads(capsys.readouterr().out)
    for line in (ours, theirs):
        del line["_aws"]["Timestamp"]
    assert ours == theirs


def test_a_log_line_is_written_as_powertools_writes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """To the byte, but for its time and the place in the code."""
    lines = []
    theirs = Logger(service="theirs", stream=StringIO(), log_uncaught_exceptions=False)
    formatter: Any = theirs.registered_formatter
    monkeypatch.setattr(logger.registered_formatter, "log_format", formatter.log_format)  # keys, which other tests add
    extra = {"error": "ñandú 🦤", "events": 3, "when": DAY, "parts": ["a", {"b": None}]}
    for one in (logger, theirs):
        stream = StringIO()
        monkeypatch.setattr(one.registered_handler, "stream", stream)
        one.warning("events not taken", extra=extra)
        lines.append(OF_THE_LINE.sub("", stream.getvalue()))
    assert lines[0] == lines[1]
    assert "ñandú 🦤" in lines[0]
