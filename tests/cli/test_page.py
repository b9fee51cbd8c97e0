"""The commands on docs/rtsms.md print what the page shows, apart from times."""

import json
import re
import shlex
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from local import ROOT
from realtime_sms.aws.submissions import Applied, WriteResult
from realtime_sms.aws.table import Key
from realtime_sms.outcomes.decide import Change
from realtime_sms.outcomes.submission import Submission
from realtime_sms.provider.calls import Reply
from realtime_sms.provider.client import RealTimeClient
from realtime_sms.requests.prepare import Defaults
from realtime_sms.vocabulary import Reason, Status
from rtsms.request import prepare_request
from tests.cli.fakes import SETTINGS, FakeClient, FakeStack, doctor_stack, healthy_clients, run, submission
from tests.fakes.stores import FakeOptOuts, FakeSubmissions

PAGE = (ROOT / "docs" / "rtsms.md").read_text(encoding="utf-8")
SECTIONS = re.findall(r"^##? (.+?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"^```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")
TABLE = "realtime-sms-OutcomesTable-5C9B65C8778A3"
SENT = {"recipients": ["+56912345678", "913333333"], "sender": "96000", "message": {"text": "Su pedido va en camino."}}
UNKNOWN = {"recipients": ["+56900004001"], "sender": "96000", "message": {"text": "Su pedido va en camino."}}


def _commands(section: str) -> list[tuple[str, str]]:
    """Return the commands of a section, each with what the page shows below it."""
    parts = [part for block in BLOCK.findall(section) for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]]
    return [(command, shown) for command, _, shown in (part.partition("\n") for part in parts)]


def _comparable(printed: str) -> list[str]:
    """Return the lines without times and without the spaces that fill a table's last column."""
    return [line.rstrip() for line in TIME.sub("TIME", printed).strip().splitlines()]


class _Sqs(FakeClient):
    def send_message_batch(self, *, Entries: list[dict[str, Any]], **_other: object) -> dict[str, Any]:  # noqa: N803 (boto3's name)
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries]}


class _NoPages:
    def paginate(self, **_arguments: object) -> list[dict[str, int]]:
        return []


class _OneUnknown(FakeSubmissions):
    """A store that has the page's submissions, and any other with an unknown outcome."""

    def read_living(self, keys: Iterable[Key], _now: float) -> Mapping[Key, Submission]:
        content_hash = prepare_request(UNKNOWN, "order-4712", Defaults()).content_hash
        return {key: submission(*key, status=Status.UNKNOWN, content_hash=content_hash) for key in keys}

    def prolong(self, _keys: Iterable[Key], _now: float) -> list[Key]:
        return []

    def apply(self, changes: Sequence[Change]) -> list[WriteResult]:
        return [Applied()] * len(changes)


def _clients() -> dict[str, object]:
    policy = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::1:root"}}]}
    counts = {"ApproximateNumberOfMessages": "0", "ApproximateNumberOfMessagesNotVisible": "0"}
    attributes = SETTINGS | counts | {"Policy": json.dumps(policy)}
    token = {"access_token": "t", "issued_at": 0, "expires_at": time.time() + 48 * 60 + 20}
    credentials = {"client_id": "me", "client_secret": "s"}
    names = [f"alarm-{number}" for number in range(23)]
    alarms = [{"ResourceType": "AWS::CloudWatch::Alarm", "PhysicalResourceId": name} for name in names]
    return healthy_clients() | {
        "sqs": _Sqs(get_queue_attributes={"Attributes": attributes}, receive_message={}),
        "secretsmanager": FakeClient(get_secret_value={"SecretString": json.dumps(token | credentials)}),
        "dynamodb": FakeClient(
            describe_table={"Table": {"TableStatus": "ACTIVE"}},
            batch_get_item={"Responses": {TABLE: []}},
            update_item={},
            get_paginator=_NoPages(),
        ),
        "cloudformation": FakeClient(describe_stack_resources={"StackResources": alarms}),
        "cloudwatch": FakeClient(
            describe_alarms={"MetricAlarms": [{"AlarmName": name, "StateValue": "OK"} for name in names]},
            get_metric_statistics={"Datapoints": []},
            get_metric_data={"MetricDataResults": []},
        ),
    }


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> FakeStack:
    """Make the page's deployment, in which order-4711 was sent and order-4712 is unknown."""
    opt_outs = FakeOptOuts()
    monkeypatch.setattr("rtsms.optout._opt_outs", lambda _stack: opt_outs)
    monkeypatch.setattr("rtsms.stack.Stack.opt_outs", lambda *_: opt_outs)
    monkeypatch.setattr(FakeStack, "submissions", lambda stack, *_: _OneUnknown(stack.held.outcomes))
    monkeypatch.setattr(RealTimeClient, "perform", lambda *_arguments: Reply(200, b'{"balance": "0.00"}'))
    made = doctor_stack(_clients(), "CREATE_COMPLETE")
    made.outputs["OutcomesTableName"] = TABLE  # type: ignore[index]  # a dict, as it happens
    prepared = prepare_request(SENT, "order-4711", Defaults())
    for number in prepared.recipients.numbers:
        outcome = submission("order-4711", number, content_hash=prepared.content_hash, reason=Reason.ACCEPTED)
        made.held.hold(replace(outcome, segments=1))
    return replace(made, name="realtime-sms")


@pytest.mark.parametrize("section", [body for _, body in SECTIONS], ids=[title for title, _ in SECTIONS])
def test_the_page_shows_what_its_commands_print(
    section: str, stack: FakeStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commands of a section run in its order, on files as the page describes them."""
    monkeypatch.chdir(tmp_path)
    Path("order-4712.json").write_text(json.dumps(UNKNOWN), encoding="utf-8")
    for command, shown in _commands(section):
        name, *arguments = shlex.split(command)
        if name == "cat":
            Path(arguments[0]).write_text(shown, encoding="utf-8")
            continue
        ran = run(*arguments, stack=stack)
        assert _comparable(ran.out + ran.err) == _comparable(shown), command


def test_the_page_shows_every_command() -> None:
    """Otherwise the test above would compare nothing."""
    shown = {shlex.split(command)[1] for _, section in SECTIONS for command, _ in _commands(section)}
    wanted = {"--help", "preview", "send", "status", "cancel", "bulk", "watch", "doctor", "optout", "redrive", "resend"}
    wanted |= {"pause", "resume"}
    assert shown & wanted == wanted
