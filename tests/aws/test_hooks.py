"""What we hook into botocore and powertools for speed gives what the libraries give by themselves."""

import json
from collections.abc import Mapping
from typing import Any

import boto3
import pytest
from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit
from botocore.awsrequest import AWSResponse, HTTPHeaders
from botocore.config import Config

from realtime_sms.aws.submissions import Submissions
from realtime_sms.aws.table import OPT_OUTS, Table, as_key, send_batches_as_json
from realtime_sms.aws.telemetry import NAMESPACE, Counters, Metric
from realtime_sms.outcomes.decide import Change
from tests.fakes.submissions import EVERYTHING, SENDING, SUBMITTED, WAITING

KEYS = [(OPT_OUTS, f"+569{number:08}") for number in range(101)]
CHANGES = [
    *[Change(None, SENDING)] * 22,
    Change(SENDING, SUBMITTED),
    Change(SENDING, WAITING),
    Change(SENDING, EVERYTHING),
]


def _bodies(*, hooked: bool, calls: list[tuple[str, Mapping[str, Any]]]) -> list[bytes]:
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
    sent: list[bytes] = []

    def answer(request: Any, **_: object) -> Any:  # noqa: ANN401 (botocore's own; its stubs take none)
        sent.append(bytes(request.body))
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
    calls: list[tuple[str, Mapping[str, Any]]] = [
        ("batch_get_item", {"RequestItems": {"outcomes": {"Keys": list(map(as_key, some)), "ConsistentRead": True}}})
        for some in (KEYS[:100], KEYS[100:])
    ]
    assert _bodies(hooked=True, calls=calls) == _bodies(hooked=False, calls=calls)


def test_25_statements_are_written_as_botocore_writes_them() -> None:
    """With every attribute, in every type that an item has."""
    none: Any = None
    submissions = Submissions(Table(none, "outcomes", ttl_days=45))
    calls: list[tuple[str, Mapping[str, Any]]] = [
        ("batch_execute_statement", {"Statements": list(map(submissions._statement, CHANGES))})
    ]
    assert len(CHANGES) == 25
    assert _bodies(hooked=True, calls=calls) == _bodies(hooked=False, calls=calls)


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
