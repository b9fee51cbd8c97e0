"""Submissions in DynamoDB: read by key, and changed only where the table still holds what the change started from.

One primitive carries out every transition: a compare-and-swap of a submission, in batches of PartiQL statements, each
with its own condition and its own result, at the price of one write each.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from realtime_sms.aws.item import SHARD_NAMES, Attributes, from_item, iso, to_item
from realtime_sms.outcomes.decide import Change
from realtime_sms.outcomes.submission import Submission
from realtime_sms.vocabulary import Reason

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import BatchStatementRequestTypeDef

REJECTED = "#rejected"  # the sort key of a note about a message that was rejected; no number is called so
OPEN_INDEX = "open"
BATCH = 25  # statements a BatchExecuteStatement takes
_READ_BATCH = 100  # keys a BatchGetItem takes
_CONDITION_CODES = frozenset({"ConditionalCheckFailed", "DuplicateItem"})

type Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Applied:
    """The table now holds what the change wanted."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """The table held something else: this."""

    current: Submission | None


@dataclass(frozen=True, slots=True)
class Indeterminate:
    """The table did not answer, or refused for now: the change may have happened or not."""

    code: str


type WriteResult = Applied | Conflict | Indeterminate


class StoreUnavailableError(RuntimeError):
    """The table did not answer."""


class Submissions:
    """The outcomes table as a store of submissions."""

    def __init__(self, client: "DynamoDBClient", table: str, *, ttl_days: int) -> None:
        self._client = client
        self._table = table
        self._ttl = ttl_days * 86400

    def read(self, keys: Iterable[Key]) -> dict[Key, Submission]:
        """Read submissions by key, consistently; a key without an item is not in the answer.

        Raises:
            StoreUnavailableError: the table did not answer.

        """
        try:
            items = [
                item for some in batched(dict.fromkeys(keys), _READ_BATCH, strict=False) for item in self._get(some)
            ]
        except (ClientError, BotoCoreError) as error:
            raise StoreUnavailableError(type(error).__name__) from error
        found = map(from_item, items)
        return {(submission.request_id, submission.recipient): submission for submission in found}

    def swap(self, changes: Sequence[Change]) -> list[WriteResult]:
        """Carry out each change if the table still holds its `before`; say for each what came of it.

        An SDK's own retry can fail a condition on its own success, so what failed is read again, and a submission that
        bears the change's own owner, attempt and status is taken for ours.
        """
        answers: list[WriteResult] = []
        for some in batched(changes, BATCH, strict=False):
            answers += self._swap_batch(some)
        return answers

    def keep(self, keys: Iterable[Key], now: float) -> None:
        """Let submissions live as long from now as a new one does, so that they outlive what is published now.

        Raises:
            StoreUnavailableError: the table did not answer.

        """
        until = int(now) + self._ttl
        for some in batched(keys, BATCH, strict=False):
            statements = [_prolong(self._table, key, until) for key in some]
            try:
                answers = self._client.batch_execute_statement(Statements=statements)["Responses"]
            except (ClientError, BotoCoreError) as error:
                raise StoreUnavailableError(type(error).__name__) from error
            codes = {answer["Error"]["Code"] for answer in answers if "Error" in answer} - _CONDITION_CODES
            if codes:
                raise StoreUnavailableError(", ".join(sorted(codes)))

    def overdue(self, now: float) -> Iterator[list[Key]]:
        """Give the keys of unfinished submissions whose lease or lifetime ended before `now`, in batches.

        Raises:
            StoreUnavailableError: the table did not answer.

        """
        for name in SHARD_NAMES:
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table,
                IndexName=OPEN_INDEX,
                KeyConditionExpression="openShard = :shard AND openUntil < :now",
                ExpressionAttributeValues={":shard": {"S": name}, ":now": {"S": iso(now)}},
                PaginationConfig={"PageSize": _READ_BATCH},
            )
            try:
                for page in pages:
                    yield [(str(item["requestId"]["S"]), str(item["recipient"]["S"])) for item in page["Items"]]
            except (ClientError, BotoCoreError) as error:
                raise StoreUnavailableError(type(error).__name__) from error

    def note_rejection(self, request_id: str, reason: Reason, detail: str, now: float) -> None:
        """Keep, beside the request's outcomes, that a message under its id was rejected, and why.

        Raises:
            StoreUnavailableError: the table did not take it.

        """
        note = {"status": "failed", "reason": reason, "detail": detail, "createdAt": iso(now)}
        item = {name: {"S": value} for name, value in (note | {"requestId": request_id, "recipient": REJECTED}).items()}
        try:
            self._client.put_item(TableName=self._table, Item=item | {"ttl": {"N": str(int(now) + self._ttl)}})
        except (ClientError, BotoCoreError) as error:
            raise StoreUnavailableError(type(error).__name__) from error

    def _swap_batch(self, changes: Sequence[Change]) -> list[WriteResult]:
        try:
            reply = self._client.batch_execute_statement(Statements=list(map(self._statement, changes)))
            codes = [answer.get("Error", {}).get("Code", "") for answer in reply["Responses"]]
            lost = [change.after for change, code in zip(changes, codes, strict=True) if code in _CONDITION_CODES]
            current = self.read((after.request_id, after.recipient) for after in lost) if lost else {}
        except (ClientError, BotoCoreError, StoreUnavailableError) as error:
            return [Indeterminate(type(error).__name__)] * len(changes)
        return [_answer(change, code, current) for change, code in zip(changes, codes, strict=True)]

    def _statement(self, change: Change) -> "BatchStatementRequestTypeDef":
        after = to_item(change.after, self._ttl)
        if change.before is None:
            return _insert(self._table, after)
        return _update(self._table, to_item(change.before, self._ttl), after)

    def _get(self, keys: Sequence[Key]) -> Iterator[Attributes]:
        wanted: Any = [
            {"requestId": {"S": request_id}, "recipient": {"S": recipient}} for request_id, recipient in keys
        ]
        while wanted:
            reply = self._client.batch_get_item(RequestItems={self._table: {"Keys": wanted, "ConsistentRead": True}})
            yield from reply["Responses"].get(self._table, [])
            left = reply.get("UnprocessedKeys", {}).get(self._table)
            wanted = left["Keys"] if left else None


def _answer(change: Change, code: str, current: dict[Key, Submission]) -> WriteResult:
    if not code:
        return Applied()
    if code not in _CONDITION_CODES:
        return Indeterminate(code)
    after = change.after
    found = current.get((after.request_id, after.recipient))
    if found and (found.owner, found.attempt, found.status) == (after.owner, after.attempt, after.status):
        return Applied()
    return Conflict(found)


def _insert(table: str, after: Attributes) -> "BatchStatementRequestTypeDef":
    pairs = ", ".join(f"'{name}': ?" for name in after)
    return {"Statement": f'INSERT INTO "{table}" VALUE {{{pairs}}}', "Parameters": list(after.values())}


def _update(table: str, before: Attributes, after: Attributes) -> "BatchStatementRequestTypeDef":
    changed = {name: value for name, value in after.items() if before.get(name) != value}
    gone = [name for name in before if name not in after]
    sets = "".join(f' SET "{name}"=?' for name in changed)
    removes = "".join(f' REMOVE "{name}"' for name in gone)
    known = ["requestId", "recipient", "status", "attempt", "owner"]
    condition = " AND ".join(f'"{name}"=?' for name in known)
    parameters = [*changed.values(), *(before[name] for name in known)]
    return {"Statement": f'UPDATE "{table}"{sets}{removes} WHERE {condition}', "Parameters": parameters}


def _prolong(table: str, key: Key, until: int) -> "BatchStatementRequestTypeDef":
    sets, condition = 'SET "ttl"=?', '"requestId"=? AND "recipient"=?'
    parameters: Any = [{"N": str(until)}, *({"S": part} for part in key)]
    return {"Statement": f'UPDATE "{table}" {sets} WHERE {condition}', "Parameters": parameters}
