"""A call that AWS would refuse is refused by every fake, and fails the test that made it."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import boto3
import pytest
import urllib3
from botocore.config import Config
from botocore.exceptions import ClientError

from realtime_sms.aws.table import Key, as_key
from tests import conftest
from tests.conftest import RefusedCalls, Store
from tests.fakes.aws.account import FakeAws
from tests.fakes.aws.models import BadCallError, Checked, check
from tests.fakes.aws.server import AwsServer
from tests.fakes.aws.sqs_server import sqs_server

KEY = ("r", "+56961234567")
OTHER = ("r", "+56961234568")
UPDATE = 'UPDATE "t" SET "ttl"=? WHERE "requestId"=? AND "recipient"=?'
KEYS = [("r", str(number)) for number in range(101)]


def _read(*keys: Key) -> dict[str, Any]:
    return {"RequestItems": {"outcomes": {"Keys": list(map(as_key, keys))}}}


def _statement(key: Key, text: str = UPDATE) -> dict[str, Any]:
    values = [{"N": "1"}, *({"S": part} for part in key)]
    return {"Statement": text, "Parameters": values[-text.count("?") :]}


def _events(number: int, **more: object) -> dict[str, Any]:
    return {"Entries": [{"Source": "s", "DetailType": "t", "Detail": "{}", **more}] * number}


# What is planted, by what is said of it.
PLANTED: dict[str, tuple[str, str, Mapping[str, Any]]] = {
    "empty: BatchGetItem.RequestItems": ("dynamodb", "BatchGetItem", {"RequestItems": {}}),
    "invalid length RequestItems.outcomes.Keys": ("dynamodb", "BatchGetItem", _read()),
    "more than 100": ("dynamodb", "BatchGetItem", _read(*KEYS)),
    "a key twice": ("dynamodb", "BatchGetItem", _read(KEY, KEY)),
    "BatchExecuteStatement: invalid length Statements": ("dynamodb", "BatchExecuteStatement", {"Statements": []}),
    "more than 25": ("dynamodb", "BatchExecuteStatement", {"Statements": list(map(_statement, KEYS[:26]))}),
    "BatchExecuteStatement: a key twice": ("dynamodb", "BatchExecuteStatement", {"Statements": [_statement(KEY)] * 2}),
    "an UPDATE that changes nothing": (
        "dynamodb",
        "BatchExecuteStatement",
        {"Statements": [_statement(KEY, 'UPDATE "t" WHERE "requestId"=? AND "recipient"=?')]},
    ),
    "as many parameters as question marks": (
        "dynamodb",
        "BatchExecuteStatement",
        {"Statements": [_statement(KEY) | {"Parameters": [{"N": "1"}]}]},
    ),
    "reads and writes in one batch": (
        "dynamodb",
        "BatchExecuteStatement",
        {"Statements": [_statement(KEY), _statement(OTHER, 'SELECT * FROM "t" WHERE "requestId"=? AND "recipient"=?')]},
    ),
    "BatchWriteItem: a key twice": (
        "dynamodb",
        "BatchWriteItem",
        {"RequestItems": {"t": [{"DeleteRequest": {"Key": as_key(KEY)}}, {"PutRequest": {"Item": as_key(KEY)}}]}},
    ),
    "an update that changes nothing": (
        "dynamodb",
        "UpdateItem",
        {"TableName": "t", "Key": as_key(KEY), "UpdateExpression": ""},
    ),
    "invalid type Item.ttl.N": ("dynamodb", "PutItem", {"TableName": "t", "Item": as_key(KEY) | {"ttl": {"N": 1}}}),
    "unknown field input Consistent": ("dynamodb", "GetItem", {"TableName": "t", "Key": {}, "Consistent": True}),
    "no word of the model: PutItem.ReturnValues": (
        "dynamodb",
        "PutItem",
        {"TableName": "t", "Item": as_key(KEY), "ReturnValues": "EVERYTHING"},
    ),
    "missing required field input SecretId": ("secretsmanager", "GetSecretValue", {}),
    "missing required field input MessageBody": ("sqs", "SendMessage", {"QueueUrl": "http://queue"}),
    "more than 10": ("events", "PutEvents", _events(11)),
    "invalid type Entries[0].Detail": ("events", "PutEvents", _events(1, Detail={})),
    "no word of the model: Invoke.InvocationType": (
        "lambda",
        "Invoke",
        {"FunctionName": "f", "InvocationType": "Later"},
    ),
}

OF_SCHEDULER = {"ScheduleExpression": "at(2027-01-01T00:00:00)", "Target": {"Arn": "arn:x", "RoleArn": "arn:y"}}


@pytest.mark.parametrize("said", PLANTED)
def test_a_planted_error_is_found(refused_calls: RefusedCalls, said: str) -> None:
    """The message says what is wrong and quotes no value."""
    with pytest.raises(BadCallError) as caught:
        check(*PLANTED[said])
    assert said in str(caught.value)
    assert KEY[1] not in str(caught.value)
    assert refused_calls.take() == [str(caught.value)]


def test_a_test_fails_that_made_such_a_call_and_went_on(refused_calls: RefusedCalls) -> None:
    """As the code does that takes every error of a client for a table that does not answer."""
    of_one_test = conftest.refused_calls._get_wrapped_function()()
    next(of_one_test)
    with suppress(BadCallError):
        check("dynamodb", "BatchGetItem", {"RequestItems": {}})
    with pytest.raises(AssertionError, match="BatchGetItem"):
        next(of_one_test)
    assert refused_calls.take() == []


def _unchecked(service: str, url: str = "http://127.0.0.1:1") -> Any:  # noqa: ANN401 (any client)
    """Return a client that skips botocore's check, as the functions' own do."""
    config = Config(parameter_validation=False, retries={"total_max_attempts": 1})
    return boto3.client(
        service, "sa-east-1", endpoint_url=url, aws_access_key_id="x", aws_secret_access_key="x", config=config
    )  # type: ignore[call-overload]  # a name that is not a literal


def test_the_fakes_refuse_it_by_client(refused_calls: RefusedCalls) -> None:
    """Where a client is answered without a network."""
    for service, call in (("dynamodb", "batch_get_item"), ("lambda", "invoke")):
        client = _unchecked(service)
        client.meta.events.register("before-call", FakeAws().respond)
        given: dict[str, Any] = (
            {"RequestItems": {}} if service == "dynamodb" else {"FunctionName": "f", "InvocationType": "Later"}
        )
        with pytest.raises(BadCallError):
            getattr(client, call)(**given)
    assert len(refused_calls.take()) == 2


def test_the_fakes_refuse_it_by_socket(refused_calls: RefusedCalls) -> None:
    """Also one of Lambda and one of EventBridge Scheduler, whose operations are told by their paths."""
    with AwsServer() as server:
        with pytest.raises(ClientError):
            _unchecked("dynamodb", server.url).batch_execute_statement(Statements=[])
        with pytest.raises(ClientError):
            _unchecked("lambda", server.url).invoke(FunctionName="f", InvocationType="Later")
        with pytest.raises(ClientError):
            _unchecked("scheduler", server.url).create_schedule(Name="n", **OF_SCHEDULER)
        _unchecked("lambda", server.url).invoke(FunctionName="f", InvocationType="Event", Payload="{}")
        assert server.calls == {"Invoke": 1}
    assert [one.partition(":")[0] for one in refused_calls.take()] == [
        "dynamodb.BatchExecuteStatement",
        "lambda.Invoke",
        "scheduler.CreateSchedule",
    ]


def test_the_publishers_queue_refuses_it(refused_calls: RefusedCalls) -> None:
    """No message of such a batch is taken."""
    with sqs_server({}) as queue:
        with pytest.raises(ClientError):
            _unchecked("sqs", queue.url).send_message_batch(QueueUrl=queue.url, Entries=[{"Id": "1"}])
        assert queue.published == {}
    assert len(refused_calls.take()) == 1


def test_a_fake_client_refuses_it(refused_calls: RefusedCalls) -> None:
    """One that is no client of botocore."""

    class Client:
        def get_item(self, **_: object) -> dict[str, Any]:
            return {}

    client = Checked("dynamodb", Client())
    assert client.get_item(TableName="t", Key=as_key(KEY)) == {}
    with pytest.raises(BadCallError):
        client.get_item(TableName="t", Key={"requestId": "r"})
    assert len(refused_calls.take()) == 1


def test_the_embedded_aws_refuses_it(store: Store, refused_calls: RefusedCalls) -> None:
    """Whoever calls: also a function, whose process no test is in."""
    headers = {"X-Amz-Target": "DynamoDB_20120810.BatchGetItem", "Content-Type": "application/x-amz-json-1.0"}
    url = store.client.meta.endpoint_url
    reply = urllib3.request("POST", url, headers=headers, body=json.dumps({"RequestItems": {}}), retries=False)
    assert (reply.status, reply.json()["__type"]) == (400, "ValidationException")
    (found,) = refused_calls.take()
    assert "BatchGetItem: empty: BatchGetItem.RequestItems" in found
    assert store.client.get_item(TableName=store.table, Key=as_key(KEY)).get("Item") is None
    assert refused_calls.take() == []
