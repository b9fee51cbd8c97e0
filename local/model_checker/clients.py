"""The clients that the shell's code is given in a simulation: each call becomes a request, each answer a reply."""

import json
from collections.abc import Iterator
from typing import Any, Protocol, Self

from botocore.exceptions import ClientError, ReadTimeoutError

from local.model_checker.request import (
    Answer,
    Close,
    Codes,
    DeadLetter,
    Execute,
    Failure,
    Fine,
    Found,
    Get,
    Post,
    Postpone,
    Put,
    Query,
    Request,
    Secret,
    Trip,
)
from local.model_checker.table import Statement, frozen, thawed, value_of
from realtime_sms.aws.token import TokenUnavailableError
from realtime_sms.provider.calls import Call, CallResult, NotSent, Reply, ReplyLost


class Asks(Protocol):
    """Where requests go, and answers come from."""

    def ask(self, request: Request) -> Answer:
        """Wait for the answer to a request."""


class AwsClients:
    """DynamoDB and SQS as the ledger, the breakers and the send queue call them."""

    def __init__(self, world: Asks) -> None:
        self._world = world

    def batch_execute_statement(self, *, Statements: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 (boto3's)
        """Ask for statements to be executed."""
        statements = tuple(Statement(one["Statement"], tuple(map(value_of, one["Parameters"]))) for one in Statements)
        answer = self._answer(Execute(statements))
        assert isinstance(answer, Codes)
        return {"Responses": [{"Error": {"Code": code}} if code else {} for code in answer.codes]}

    def batch_get_item(self, *, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803 (boto3's)
        """Ask for items."""
        [(table, wanted)] = RequestItems.items()
        assert wanted["ConsistentRead"]
        answer = self._answer(Get(tuple((key["requestId"]["S"], key["recipient"]["S"]) for key in wanted["Keys"])))
        assert isinstance(answer, Found)
        return {"Responses": {table: list(map(thawed, answer.items))}, "UnprocessedKeys": {}}

    def put_item(self, *, TableName: str, Item: dict[str, Any]) -> None:  # noqa: ARG002, N803 (boto3's)
        """Ask for an item to be put."""
        self._answer(Put(frozen(Item)))

    def update_item(self, *, Key: dict[str, Any], ExpressionAttributeValues: dict[str, Any], **_: object) -> None:  # noqa: N803 (boto3's)
        """Ask for a breaker to be opened, if it is not, or to be closed."""
        values = ExpressionAttributeValues
        if ":calm" in values:
            self._answer(Close(Key["recipient"]["S"]))
            return
        answer = self._answer(Trip(Key["recipient"]["S"], values[":reason"]["S"], values[":now"]["N"]))
        if isinstance(answer, Codes):
            raise ClientError({"Error": {"Code": "ConditionalCheckFailedException"}}, "UpdateItem")

    def get_paginator(self, _operation: str) -> Self:
        """Give this as the pages of a query."""
        return self

    def paginate(self, *, ExpressionAttributeValues: dict[str, Any], **_: object) -> Iterator[dict[str, Any]]:  # noqa: N803 (boto3's)
        """Ask for what the index of open submissions has for one shard."""
        values = ExpressionAttributeValues
        answer = self._answer(Query(values[":shard"]["S"], values[":now"]["S"]))
        assert isinstance(answer, Found)
        yield {"Items": list(map(thawed, answer.items))}

    def change_message_visibility_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: ARG002, N803 (boto3's)
        """Ask for messages to be made visible later."""
        self._answer(Postpone(tuple((int(one["ReceiptHandle"]), one["VisibilityTimeout"]) for one in Entries)))
        return {}

    def send_message(self, *, MessageBody: str, **_: object) -> None:  # noqa: N803 (boto3's)
        """Ask for a message to be put on the dead-letter queue."""
        self._answer(DeadLetter(MessageBody))

    def _answer(self, request: Request) -> Answer:
        answer = self._world.ask(request)
        if isinstance(answer, Failure):
            if answer.throttled:
                raise ClientError({"Error": {"Code": "ThrottlingException"}}, type(request).__name__)
            raise ReadTimeoutError(endpoint_url="simulated")
        assert isinstance(answer, Codes | Found | Fine)
        return answer


class RealTimeClient:
    """RealTime as the submitter calls it."""

    def __init__(self, world: Asks) -> None:
        self._world = world

    def exchange(self, call: Call) -> CallResult:
        """Ask for a call to be made."""
        assert call.body is not None
        body = json.loads(call.body)
        answer = self._world.ask(Post(tuple(body["recipients"]), body["message"]["text"]))
        assert isinstance(answer, Reply | NotSent | ReplyLost)
        return answer


class TwoTokens:
    """A token, and another one once it is refused; the secret is read each time."""

    def __init__(self, world: Asks) -> None:
        self._world = world

    def current(self) -> str:
        """Give the first."""
        self._read()
        return "first"

    def renewed(self, refused: str) -> str:
        """Give the second, whichever was refused."""
        self._read()
        return "second" if refused == "first" else refused

    def _read(self) -> None:
        if isinstance(self._world.ask(Secret()), Failure):
            raise TokenUnavailableError("the token secret cannot be read")
