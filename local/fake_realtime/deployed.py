"""The simulator as a Lambda function, for acceptance in an account: RealTime behind a function URL, state in a table.

Each request reads what it needs of the state, is answered by `RealTime` as on loopback, and writes what it changed. The
control operations come by an invocation, which IAM signs, and never by the URL. A function URL cannot break a reply
below HTTP, so an outcome that does is answered with 502; and nothing is posted by itself, only by *deliver*.
"""

import base64
import json
import os
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache
from http import HTTPStatus
from typing import Any, Final

import boto3
from botocore.exceptions import ClientError
from pydantic import TypeAdapter

from local.fake_realtime.answers import Answer, Request
from local.fake_realtime.control import PREFIX, control
from local.fake_realtime.magic import BY_NAME, Manner
from local.fake_realtime.message import Message, Submission, read_submission
from local.fake_realtime.realtime import RealTime
from local.fake_realtime.settings import Counters, Settings

_MESSAGE: Final = TypeAdapter(Message)
_TRIES: Final = 8  # of a request that changes the settings while another does so
_COUNTS: Final = ("posts", "auths", "balances", "infos", "redirect_hits")


class ConflictError(RuntimeError):
    """Another request changed the settings meanwhile."""


class StoredRealTime:
    """RealTime whose state is in a table with the one key `id`: its settings, its counts, its numbers, its messages."""

    def __init__(self, table: Any, settings: Settings) -> None:  # noqa: ANN401 (boto3's resources are made at run time)
        self._table = table
        self._settings = settings

    def answer(self, request: Request) -> Answer:
        """Answer a customer's request."""
        sends = request.method == "POST" and request.path == "/api/sms"
        call = read_submission(request.body) if sends else None
        numbers = call.recipients if isinstance(call, Submission) else ()
        wanted = [request.path.rpartition("/")[2]] if request.path.startswith("/api/sms/") else []

        def work(realtime: RealTime) -> Answer:
            realtime.counters.posts += sends
            return realtime.answer(request)

        return self._run(work, lambda: self._get([*(f"number {one}" for one in numbers), *map(_message_id, wanted)]))

    def control(self, operation: str, method: str, body: bytes) -> Answer:
        """Answer an operation of the control API."""
        path, _, query = operation.partition("?")
        return self._run(
            lambda realtime: control(realtime, Request(method, PREFIX + path, query, {}, body)), self._scan
        )

    def _run(self, work: Callable[[RealTime], Answer], read: Callable[[], Sequence[Mapping[str, Any]]]) -> Answer:
        for _ in range(_TRIES):
            state, counts = (one or {} for one in map(self._one, ("state", "counts")))
            items = [item for item in read() if item["id"] not in {"state", "counts"}]
            realtime = RealTime(self._settings)
            _restore(realtime, state, counts, items)
            settings, numbers = _settings_of(realtime), _numbers_of(realtime)
            answer = work(realtime)
            try:
                self._keep(realtime, state, settings)
            except ConflictError:
                continue
            self._count(realtime, counts, numbers)
            self._keep_messages(realtime, {item["id"] for item in items if item["id"].startswith("message ")})
            return answer
        return Answer(HTTPStatus.SERVICE_UNAVAILABLE)

    def _keep(self, realtime: RealTime, state: Mapping[str, Any], before: str) -> None:
        """Write the settings if they changed, and nobody else changed them since they were read."""
        if (after := _settings_of(realtime)) == before:
            return
        version = int(state.get("version", 0))
        try:
            self._table.put_item(
                Item={"id": "state", "version": version + 1, "data": after},
                ConditionExpression="attribute_not_exists(id) OR version = :version",
                ExpressionAttributeValues={":version": version},
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            raise ConflictError from None

    def _count(self, realtime: RealTime, counts: Mapping[str, Any], numbers: Mapping[str, tuple[int, int]]) -> None:
        """Add what was counted to what the table has."""
        counters = realtime.counters
        more = {name: getattr(counters, name) - int(counts.get(name, 0)) for name in _COUNTS}
        spent = self._settings.balance - realtime.balance - counts.get("spent", Decimal(0))
        self._add("counts", more | {"spent": spent})
        for number, (posts, calls) in _numbers_of(realtime).items():
            before = numbers.get(number, (0, 0))
            self._add(f"number {number}", {"posts": posts - before[0], "calls": calls - before[1]})
        for number in numbers.keys() - _numbers_of(realtime).keys():
            self._table.delete_item(Key={"id": f"number {number}"})

    def _add(self, item: str, more: Mapping[str, int | Decimal]) -> None:
        if more := {name: value for name, value in more.items() if value}:
            self._table.update_item(
                Key={"id": item},
                UpdateExpression="ADD " + ", ".join(f"#{name} :{name}" for name in more),
                ExpressionAttributeNames={f"#{name}": name for name in more},
                ExpressionAttributeValues={f":{name}": value for name, value in more.items()},
            )

    def _keep_messages(self, realtime: RealTime, before: set[str]) -> None:
        messages = {_message_id(one.submission_id): one for one in realtime.inbox()}
        for name in messages.keys() - before:
            self._table.put_item(Item={"id": name, "data": _MESSAGE.dump_json(messages[name]).decode()})
        for name in before - messages.keys():
            self._table.delete_item(Key={"id": name})

    def _one(self, name: str) -> Mapping[str, Any] | None:
        found: Mapping[str, Any] | None = self._table.get_item(Key={"id": name}, ConsistentRead=True).get("Item")
        return found

    def _get(self, names: Sequence[str]) -> list[Mapping[str, Any]]:
        return [found for name in names if (found := self._one(name)) is not None]

    def _scan(self) -> list[Mapping[str, Any]]:
        return list(_pages(self._table))


def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer a request to the function URL, or a control operation of an invocation."""
    if "requestContext" not in event:
        body = json.dumps(event["body"]).encode() if event.get("body") is not None else b""
        return _as_json(_deployed().control(event["operation"], event["method"], body))
    http, text = event["requestContext"]["http"], event.get("body") or ""
    content = base64.b64decode(text) if event.get("isBase64Encoded") else text.encode()
    headers = {name.lower(): value for name, value in event["headers"].items()}
    return _as_json(
        _deployed().answer(Request(http["method"], http["path"], event.get("rawQueryString", ""), headers, content))
    )


@cache
def _deployed() -> StoredRealTime:
    settings = Settings.model_validate_json(os.environ["SIMULATOR_SETTINGS"])
    return StoredRealTime(boto3.resource("dynamodb").Table(os.environ["SIMULATOR_TABLE"]), settings)


def _as_json(answer: Answer) -> dict[str, Any]:
    """Return an answer as Lambda takes it; one that is broken below HTTP is a gateway's error."""
    if answer.manner not in {Manner.WHOLE, Manner.SLOW}:
        return {"statusCode": HTTPStatus.BAD_GATEWAY.value}
    body = base64.b64encode(answer.body).decode()
    return {"statusCode": answer.status, "headers": dict(answer.headers), "body": body, "isBase64Encoded": True}


def _pages(table: Any) -> Iterator[Mapping[str, Any]]:  # noqa: ANN401 (likewise)
    more: dict[str, Any] = {}
    while True:
        page = table.scan(ConsistentRead=True, **more)
        yield from page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        more = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def _message_id(submission_id: str) -> str:
    return f"message {submission_id}"


# ---- what RealTime holds, as JSON and back


def _settings_of(realtime: RealTime) -> str:
    """Return the settings, tokens and injected outcomes as JSON; in the same state it is the same text."""
    faults = realtime._faults  # noqa: SLF001 (its state is what is stored here)
    settings = realtime.settings.model_dump(mode="json", by_alias=True)
    told = {
        "settings": settings | {"tokens": sorted(realtime.settings.tokens)},
        "ends": {token: repr(end) for token, end in realtime._token_ends.items()},  # noqa: SLF001 (likewise)
        "injected": {name: [one.name for one in waiting] for name, waiting in faults._injected.items()},  # noqa: SLF001
        "assigned": {number: one.name for number, one in faults._assigned.items()},  # noqa: SLF001
    }
    return json.dumps(told, sort_keys=True)


def _numbers_of(realtime: RealTime) -> dict[str, tuple[int, int]]:
    posts, calls = realtime.counters.posts_by_recipient, realtime._faults._calls  # noqa: SLF001 (likewise)
    return {number: (posts[number], calls[number]) for number in posts.keys() | calls.keys()}


def _restore(
    realtime: RealTime, state: Mapping[str, Any], counts: Mapping[str, Any], items: Sequence[Mapping[str, Any]]
) -> None:
    faults = realtime._faults  # noqa: SLF001 (likewise)
    if "data" in state:
        told = json.loads(state["data"])
        realtime.settings = Settings.model_validate(told["settings"])
        realtime._token_ends = {token: float(end) for token, end in told["ends"].items()}  # noqa: SLF001
        injected = {name: deque(BY_NAME[one] for one in waiting) for name, waiting in told["injected"].items()}
        faults._injected.update(injected)  # noqa: SLF001
        faults._assigned.update({number: BY_NAME[name] for number, name in told["assigned"].items()})  # noqa: SLF001
    numbers = {item["id"].split()[1]: item for item in items if item["id"].startswith("number ")}
    posts = Counter({number: int(item.get("posts", 0)) for number, item in numbers.items()})
    faults._calls.update({number: int(item.get("calls", 0)) for number, item in numbers.items()})  # noqa: SLF001
    realtime.counters = Counters(**{name: int(counts.get(name, 0)) for name in _COUNTS}, posts_by_recipient=posts)
    realtime.balance -= counts.get("spent", Decimal(0))
    for item in items:
        if item["id"].startswith("message "):
            told = json.loads(item["data"])
            submission = Submission.model_construct(**told["submission"])
            message = _MESSAGE.validate_python(told | {"submission": submission})
            realtime._messages[message.submission_id] = message  # noqa: SLF001
