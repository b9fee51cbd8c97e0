"""The clients that production code is given: each call becomes a request to the world, each answer a reply."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Any, NamedTuple, Protocol, Self

from botocore.exceptions import ClientError, ReadTimeoutError

from local.model_checker.table import Statement, frozen, thawed, value_of
from realtime_sms.aws.schedules import read_at, write_at
from realtime_sms.aws.tokens import TokenUnavailableError
from realtime_sms.provider.calls import Call, CallResult


class Ask(StrEnum):
    """What a request is for, and what `given` is with it."""

    WRITE = "writes"  # statements; the answer is an error code for each, or an empty string
    READ = "reads"  # keys; the answer is the items that exist, as with LIST
    LIST = "lists"  # a shard of the index of open submissions, and before which time
    PUT = "puts an item"  # it
    TRIP = "opens a breaker"  # breaker, reason, and since when as the table has it; the answer is an error code
    PROBE = "probes a breaker"  # its name, how often it opened or was probed, and when; the answer is an error code
    CLOSE = "closes a breaker"  # its name; the answer is an error code
    POSTPONE = "postpones"  # pairs of message number and seconds
    MOVE = "moves messages"  # the bodies for the promotional queue
    BURY = "makes a dead letter"  # the body for the dead-letter queue
    SEND_BACK = "sends a dead letter back"  # the body for the queue
    SCHEDULE = "schedules"  # name, time, body and description; the answer is an error code
    FIND = "looks for the schedule"  # its name; the answer is time and description
    POST = "calls RealTime"  # a Post
    BALANCE = "asks for the balance"  # nothing
    TOKEN = "reads the token"  # nothing: the token secret is read
    JOIN = "waits for others to join"  # nothing: a thread waits, but not for ever


@dataclass(frozen=True, eq=False, slots=True)
class Request:
    """One request of a thread to the world."""

    ask: Ask
    given: Any = None


class Post(NamedTuple):
    """A call of RealTime: when it began, and when it must have left (epoch seconds)."""

    numbers: tuple[str, ...]
    began: float
    latest: float


class Failed(Enum):
    """The client raises: for a request that was not done, or for one that may have been."""

    THROTTLED = "ThrottlingException"
    TIMEOUT = "timeout"


type Answer = tuple[Any, ...] | Failed | CallResult


class World(Protocol):
    """Where requests go, and answers come from."""

    def ask(self, request: Request) -> Any:  # noqa: ANN401 (by what is asked)
        """Wait for the answer to a request."""


class AwsClients:
    """DynamoDB, SQS and EventBridge Scheduler, as far as the send and maintenance functions call them."""

    def __init__(self, world: World) -> None:
        self._world = world

    def batch_execute_statement(self, *, Statements: list[dict[str, Any]]) -> dict[str, Any]:
        given = tuple(Statement(one["Statement"], tuple(map(value_of, one["Parameters"]))) for one in Statements)
        return {"Responses": [{"Error": {"Code": code}} if code else {} for code in self._answer(Ask.WRITE, given)]}

    def batch_get_item(self, *, RequestItems: dict[str, Any]) -> dict[str, Any]:
        [(table, wanted)] = RequestItems.items()
        assert wanted["ConsistentRead"]
        keys = tuple((key["requestId"]["S"], key["recipient"]["S"]) for key in wanted["Keys"])
        return {"Responses": {table: list(map(thawed, self._answer(Ask.READ, keys)))}, "UnprocessedKeys": {}}

    def put_item(self, *, Item: dict[str, Any], **_: object) -> None:
        self._answer(Ask.PUT, frozen(Item))

    def update_item(self, *, Key: dict[str, Any], ExpressionAttributeValues: dict[str, Any], **_: object) -> None:
        breaker, values = Key["recipient"]["S"], ExpressionAttributeValues
        if ":calm" in values:
            codes = self._answer(Ask.CLOSE, breaker)
        elif ":probed" in values:
            codes = self._answer(Ask.PROBE, (breaker, values[":times"]["N"], values[":probed"]["N"]))
        else:
            codes = self._answer(Ask.TRIP, (breaker, values[":reason"]["S"], values[":now"]["N"]))
        if codes:
            raise ClientError({"Error": {"Code": codes[0]}}, "UpdateItem")

    def get_paginator(self, _operation: str) -> Self:
        return self

    def paginate(self, *, ExpressionAttributeValues: dict[str, Any], **_: object) -> Iterator[dict[str, Any]]:
        values = ExpressionAttributeValues
        yield {"Items": list(map(thawed, self._answer(Ask.LIST, (values[":shard"]["S"], values[":now"]["S"]))))}

    def change_message_visibility_batch(self, *, Entries: list[dict[str, Any]], **_: object) -> dict[str, Any]:
        self._answer(Ask.POSTPONE, tuple((int(one["ReceiptHandle"]), one["VisibilityTimeout"]) for one in Entries))
        return {}

    def send_message(self, *, MessageBody: str, **more: object) -> None:
        self._answer(Ask.BURY if "MessageAttributes" in more else Ask.SEND_BACK, MessageBody)

    def send_message_batch(self, *, Entries: list[dict[str, Any]], **_: object) -> dict[str, Any]:
        self._answer(Ask.MOVE, tuple(one["MessageBody"] for one in Entries))
        return {}

    def create_schedule(self, *, Name: str, ScheduleExpression: str, Target: dict[str, Any], **more: str) -> None:
        given = (Name, read_at(ScheduleExpression), Target["Input"], more["Description"])
        if codes := self._answer(Ask.SCHEDULE, given):
            raise ClientError({"Error": {"Code": codes[0]}}, "CreateSchedule")

    def get_schedule(self, *, Name: str, **_: object) -> dict[str, str]:
        found = self._answer(Ask.FIND, Name)
        if not found:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "GetSchedule")
        at, description = found
        return {"ScheduleExpression": write_at(at), "Description": description}

    def _answer(self, ask: Ask, given: object) -> tuple[Any, ...]:
        answer: tuple[Any, ...] | Failed = self._world.ask(Request(ask, given))
        if answer is Failed.TIMEOUT:
            raise ReadTimeoutError(endpoint_url="simulated")
        if isinstance(answer, Failed):
            raise ClientError({"Error": {"Code": answer.value}}, ask)
        return answer


class RealTimeClient:
    """RealTime's API; `now` in epoch seconds."""

    def __init__(self, world: World, now: Callable[[], float]) -> None:
        self._world = world
        self._now = now

    def perform(self, call: Call, *, latest: float) -> CallResult:
        if call.body is None:
            balance: CallResult = self._world.ask(Request(Ask.BALANCE))
            return balance
        post = Post(tuple(json.loads(call.body)["recipients"]), self._now(), latest)
        result: CallResult = self._world.ask(Request(Ask.POST, post))
        return result


class TwoTokens:
    """A token, and another one once it is refused; the secret is read each time."""

    def __init__(self, world: World) -> None:
        self._world = world

    def current(self, *, within: float) -> str:
        """Return the first."""
        return self.renewed("", within=within)

    def renewed(self, refused: str, *, within: float) -> str:
        """Return the second if the first was refused."""
        answer = self._world.ask(Request(Ask.TOKEN))
        if within <= 0 or answer is Failed.TIMEOUT:
            raise TimeoutError
        if answer is Failed.THROTTLED:
            raise TokenUnavailableError("the token secret cannot be read")
        return {"": "first", "first": "second"}.get(refused, refused)
