"""The clients that production code is given: each call becomes a request to the world, each answer a reply."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

from botocore.exceptions import ClientError, ReadTimeoutError

from local.model_checker.table import Item, Key, Statement, frozen, thawed, value_of
from realtime_sms.aws.tokens import TokenUnavailableError
from realtime_sms.provider.calls import Call, CallResult, NotSent, Reply, ReplyLost

# ---- requests


@dataclass(frozen=True, slots=True)
class Execute:
    """BatchExecuteStatement."""

    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Get:
    """BatchGetItem."""

    keys: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """Query of the index of open submissions: one shard, before a time."""

    shard: str
    until: str


@dataclass(frozen=True, slots=True)
class Put:
    """PutItem."""

    item: Item


@dataclass(frozen=True, slots=True)
class Trip:
    """UpdateItem that opens a breaker; `since` as the table has it."""

    breaker: str
    reason: str
    since: str


@dataclass(frozen=True, slots=True)
class Close:
    """UpdateItem that closes a breaker."""

    breaker: str


@dataclass(frozen=True, slots=True)
class Postpone:
    """ChangeMessageVisibilityBatch: message numbers with seconds."""

    delays: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """SendMessage to the dead-letter queue."""

    body: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Post:
    """The call to RealTime: when it began, and when it must have left (epoch seconds)."""

    numbers: tuple[str, ...]
    began: float
    latest: float


@dataclass(frozen=True, slots=True)
class Secret:
    """GetSecretValue, of the token."""


@dataclass(eq=False, slots=True)
class Patience:
    """Time: a thread waits for others to join it, but not for ever."""


type Request = Execute | Get | Query | Put | Trip | Close | Postpone | DeadLetter | Post | Secret | Patience

# ---- answers


@dataclass(frozen=True, slots=True)
class Codes:
    """The result of each statement: empty, or the error's code."""

    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """The items that there are."""

    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Fine:
    """It is done."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The client raises; it was not done if `throttled`, else it may have been."""

    throttled: bool


type Answer = Codes | Found | Fine | Failure | CallResult


class Asks(Protocol):
    """Where requests go, and answers come from."""

    def ask(self, request: Request) -> Answer:
        """Wait for the answer to a request."""


# ---- clients


class AwsClients:
    """DynamoDB and SQS, as far as the send and maintenance functions call them."""

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
        """Return this as the pages of a query."""
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
    """RealTime's API; `now` in epoch seconds."""

    def __init__(self, world: Asks, now: Callable[[], float]) -> None:
        self._world = world
        self._now = now

    def perform(self, call: Call, *, latest: float) -> CallResult:
        """Ask for a call to be made."""
        assert call.body is not None
        recipients = tuple(json.loads(call.body)["recipients"])
        answer = self._world.ask(Post(recipients, self._now(), latest))
        assert isinstance(answer, Reply | ReplyLost | NotSent)
        return answer


class TwoTokens:
    """A token, and another one once it is refused; the secret is read each time."""

    def __init__(self, world: Asks) -> None:
        self._world = world

    def current(self, *, within: float) -> str:
        """Return the first."""
        self._read(within)
        return "first"

    def renewed(self, refused: str, *, within: float) -> str:
        """Return the second, whichever was refused."""
        self._read(within)
        return "second" if refused == "first" else refused

    def _read(self, within: float) -> None:
        answer = self._world.ask(Secret())
        if within <= 0 or answer == Failure(throttled=False):
            raise TimeoutError
        if isinstance(answer, Failure):
            raise TokenUnavailableError("the token secret cannot be read")
