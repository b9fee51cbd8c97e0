"""The outcomes table: its keys, prefixes and indexes, how a value is written in it, and every call to it.

All stores stand on this module and share one contract: a call that gets no answer raises StoreUnavailableError.
Times are written by `iso`, so that they sort and compare as text.
"""

import json
import random
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import batched, chain, islice, zip_longest
from typing import TYPE_CHECKING, Any, Final

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import BotoCoreError, ClientError

from realtime_sms.outcomes.submission import iso

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

type Key = tuple[str, str]  # request id and recipient; or one of the prefixes below and a name
type Item = Mapping[str, Any]  # in DynamoDB's own types
type Statement = Mapping[str, Any]  # of PartiQL, with its parameters

# Partition keys of what is no submission, and sort keys of what lies beside a request's submissions. No request id and
# no recipient begins with a number sign.
BREAKERS: Final = "#breaker"
LANES: Final = "#lane"
CAPS: Final = "#cap"
FORGOTTEN: Final = "#forgotten"
LOCKS: Final = "#lock"
OPT_OUTS: Final = "#optout"
RATE: Final = "#rate"
UNMATCHED_REPORTS: Final = "#report"
REQUEST: Final = "#request"
REJECTED: Final = "#rejected"

# The indexes: by the time at which something is looked at again, by RealTime's id, and by the recipient of submissions
# of which RealTime may have accepted an attempt under an unknown id.
OPEN_INDEX: Final = "open"
SUBMISSION_INDEX: Final = "submission"
UNTRACED_INDEX: Final = "untraced"

BATCH: Final = 25  # statements a BatchExecuteStatement takes
CONDITION_FAILED: Final = frozenset({"ConditionalCheckFailed", "DuplicateItem"})  # error codes of a statement
_READ_BATCH = 100  # keys a BatchGetItem takes, and keys of a page of a query
_READ_PAUSES = (0.05, 0.1, 0.2, 0.4)  # seconds before keys are asked for again that a BatchGetItem left out

to_attribute = TypeSerializer().serialize
from_attribute = TypeDeserializer().deserialize


class StoreUnavailableError(RuntimeError):
    """The table did not answer, or refused for now."""


@dataclass(frozen=True, slots=True)
class Update:
    """An update of one item: assignments, removals, the condition that must hold, and the values of all three."""

    sets: tuple[str, ...]
    removes: tuple[str, ...]
    condition: str
    values: Mapping[str, Any]
    names: Mapping[str, str] | None = None  # placeholders such as `#name`, with their attributes

    @property
    def expression(self) -> str:
        """Return the update expression."""
        sets = f"SET {', '.join(self.sets)}" if self.sets else ""
        removes = f" REMOVE {', '.join(self.removes)}" if self.removes else ""
        return (sets + removes).strip()


class Table:
    """The table, by key, by index and by statement.

    Raises, from every method:
        StoreUnavailableError: the table did not answer.
    """

    def __init__(
        self, client: "DynamoDBClient", name: str, *, ttl_days: int = 0, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._client = client
        self.name = name
        self._ttl_seconds = ttl_days * 86_400
        self._sleep = sleep

    def ttl(self, since: float) -> int:
        """Return the epoch second after which DynamoDB may delete an item that is kept from `since` on."""
        return int(since) + self._ttl_seconds

    def get(self, key: Key) -> dict[str, Any] | None:
        """Return an item, read consistently."""
        with unavailable():
            return self._client.get_item(TableName=self.name, Key=as_key(key), ConsistentRead=True).get("Item")

    def get_many(self, keys: Iterable[Key]) -> list[dict[str, Any]]:
        """Return the existing items, read consistently; keys that DynamoDB skips are read again, a few times."""
        found: list[dict[str, Any]] = []
        for some in batched(dict.fromkeys(keys), _READ_BATCH, strict=False):
            wanted: Any = [as_key(key) for key in some]
            for pause in (0.0, *_READ_PAUSES):
                if pause:
                    self._sleep(pause)
                request: Any = {self.name: {"Keys": wanted, "ConsistentRead": True}}
                with unavailable():
                    reply: Any = self._client.batch_get_item(RequestItems=request)
                found += reply["Responses"].get(self.name, [])
                wanted = reply.get("UnprocessedKeys", {}).get(self.name, {}).get("Keys")
                if not wanted:
                    break
            else:
                raise StoreUnavailableError("UnprocessedKeys")
        return found

    def create(self, item: Item) -> dict[str, Any] | None:
        """Put an item if its key has none; otherwise return the existing one."""
        with unavailable():
            try:
                self._client.put_item(
                    TableName=self.name,
                    Item=item,
                    ConditionExpression="attribute_not_exists(requestId)",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except ClientError as error:
                if not _is_condition(error):
                    raise
                there: Any = error.response.get("Item")
                return there or self.get(key_of(item))
        return None

    def put(self, item: Item, condition: str = "", values: Item | None = None, **more: Any) -> bool:  # noqa: ANN401 (as boto3 takes it)
        """Put an item in place of the existing one; return False if the condition does not hold."""
        if condition:
            more |= {"ConditionExpression": condition, "ExpressionAttributeValues": values}
        return self._change(self._client.put_item, Item=item, **more)

    def update(self, key: Key, update: Update) -> bool:
        """Change an item; return False if the condition does not hold."""
        more: Any = {"ExpressionAttributeNames": update.names} if update.names else {}
        return self._change(
            self._client.update_item,
            Key=as_key(key),
            UpdateExpression=update.expression,
            ConditionExpression=update.condition,
            ExpressionAttributeValues=update.values,
            **more,
        )

    def delete(self, key: Key, condition: str, values: Item, **more: Any) -> bool:  # noqa: ANN401 (as boto3 takes it)
        """Delete an item; return False if the condition does not hold."""
        return self._change(
            self._client.delete_item,
            Key=as_key(key),
            ConditionExpression=condition,
            ExpressionAttributeValues=values,
            **more,
        )

    def pop(self, key: Key) -> dict[str, Any] | None:
        """Delete an item and return it."""
        with unavailable():
            reply = self._client.delete_item(TableName=self.name, Key=as_key(key), ReturnValues="ALL_OLD")
        return reply.get("Attributes") or None

    def count_up(
        self, key: Key, update: str, values: Item, names: Mapping[str, str], *, condition: str = ""
    ) -> tuple[bool, dict[str, Any]]:
        """Update an item if the condition holds; return whether it did, with what changed, or else with the item."""
        more: Any = {"ConditionExpression": condition, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
        with unavailable():
            try:
                reply = self._client.update_item(
                    TableName=self.name,
                    Key=as_key(key),
                    UpdateExpression=update,
                    ExpressionAttributeValues=values,
                    ExpressionAttributeNames=names,
                    ReturnValues="UPDATED_NEW",
                    **(more if condition else {}),
                )
            except ClientError as error:
                if not _is_condition(error):
                    raise
                there: Any = error.response.get("Item", {})
                return False, there
        return True, reply["Attributes"]

    def execute(self, statements: Sequence[Statement]) -> list[str]:
        """Execute up to 25 statements, each for itself; return for each the code of its error, or an empty text."""
        with unavailable():
            reply = self._client.batch_execute_statement(Statements=statements)  # type: ignore[arg-type]  # boto3's own type is a list
        return [answer.get("Error", {}).get("Code", "") for answer in reply["Responses"]]

    def query(self, partition: str, after: str, most: int) -> list[dict[str, Any]]:
        """Return up to `most` items of a partition whose sort keys follow `after`, in their order, consistently."""
        return list(
            self._pages(
                KeyConditionExpression="requestId = :partition AND recipient > :after",
                ExpressionAttributeValues={":partition": {"S": partition}, ":after": {"S": after}},
                ConsistentRead=True,
                PaginationConfig={"MaxItems": most, "PageSize": most},
            )
        )

    def keys(self, index: str, condition: str, values: Item) -> Iterator[Key]:
        """Yield the keys that an index has; it has an item a moment after that is written."""
        items = self._pages(
            IndexName=index,
            KeyConditionExpression=condition,
            ExpressionAttributeValues=values,
            PaginationConfig={"PageSize": _READ_BATCH},
        )
        return map(key_of, items)

    def due(self, shards: Sequence[str], now: float) -> Iterator[Key]:
        """Yield the keys of what is to be looked at before `now`, from these partitions of the index in turns.

        A partition with too much in it does not block the others.
        """
        condition = "openShard = :shard AND openUntil < :now"
        found = [
            self.keys(OPEN_INDEX, condition, {":shard": {"S": name}, ":now": {"S": iso(now)}})
            for name in random.sample(shards, len(shards))
        ]
        return (key for key in chain.from_iterable(zip_longest(*found)) if key is not None)

    def some_due(self, shards: Sequence[str], now: float, most: int) -> list[Key]:
        """Return up to `most` of those keys in no order: an item that stops each run does not keep the rest waiting."""
        some = list(islice(self.due(shards, now), most))
        random.shuffle(some)
        return some

    def count(self, index: str, most: int) -> int:
        """Count the items of an index, up to `most`."""
        with unavailable():
            return self._client.scan(TableName=self.name, IndexName=index, Select="COUNT", Limit=most)["Count"]

    def scan(self, segment: int, segments: int) -> Iterator[tuple[list[dict[str, Any]], float]]:
        """Yield the pages of one of so many parts of the table, each with the read units that it cost."""
        pages = self._client.get_paginator("scan").paginate(
            TableName=self.name, Segment=segment, TotalSegments=segments, ReturnConsumedCapacity="TOTAL"
        )
        with unavailable():
            for page in pages:
                yield page["Items"], float(page.get("ConsumedCapacity", {}).get("CapacityUnits", 0))

    def rewrite(self, before: Item, after: Item) -> bool:
        """Write an item anew in one transaction; return False if `before` is not there as it is given.

        If `after` has another key, `before` is deleted, and an item that is already there stays.
        """
        names = {f"#{place}": name for place, name in enumerate(before)}
        values = {f":{place}": value for place, value in enumerate(before.values())}
        unchanged: Any = {
            "TableName": self.name,
            "ConditionExpression": " AND ".join(f"#{place} = :{place}" for place in range(len(before))),
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
        }
        if key_of(before) == key_of(after):
            return not self._transact({"Put": {**unchanged, "Item": after}})
        put = {"TableName": self.name, "Item": after, "ConditionExpression": "attribute_not_exists(requestId)"}
        delete = {"Delete": {**unchanged, "Key": as_key(key_of(before))}}
        failed = self._transact(delete, {"Put": put})
        return not failed or (failed == [1] and not self._transact(delete))

    def _transact(self, *writes: Any) -> list[int]:  # noqa: ANN401 (as boto3 takes them)
        """Carry out all writes or none; return which conditions did not hold."""
        with unavailable():
            try:
                self._client.transact_write_items(TransactItems=writes)
            except self._client.exceptions.TransactionCanceledException as error:
                reasons = [one["Code"] for one in error.response["CancellationReasons"]]
                if not {*reasons} <= {"None", "ConditionalCheckFailed"}:
                    raise
                return [place for place, code in enumerate(reasons) if code != "None"]
        return []

    def _pages(self, **wanted: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 (as boto3 takes it)
        with unavailable():
            for page in self._client.get_paginator("query").paginate(TableName=self.name, **wanted):
                yield from page["Items"]

    def _change(self, operation: Any, **wanted: Any) -> bool:  # noqa: ANN401 (as boto3 takes it)
        with unavailable():
            try:
                operation(TableName=self.name, **wanted)
            except ClientError as error:
                if not _is_condition(error):
                    raise
                return False
        return True


@contextmanager
def unavailable() -> Iterator[None]:
    """Raise StoreUnavailableError instead of what boto3 raises; it names only the class of the error."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise StoreUnavailableError(type(error).__name__) from error


def as_key(key: Key) -> dict[str, dict[str, str]]:
    """Write a key as DynamoDB takes it."""
    return {"requestId": {"S": key[0]}, "recipient": {"S": key[1]}}


def key_of(item: Item) -> Key:
    """Return the key of an item."""
    return str(item["requestId"]["S"]), str(item["recipient"]["S"])


def seconds(written: str) -> float:
    """Read a time of the table as epoch seconds."""
    return datetime.fromisoformat(written).timestamp()


def epoch(moment: float) -> dict[str, str]:
    """Write epoch seconds as a number with milliseconds, for items that no index sorts by time."""
    return {"N": f"{moment:.3f}"}


def shards(prefix: str) -> tuple[str, ...]:
    """Return the partitions of the open index with this prefix; one takes 1,000 writes a second."""
    return tuple(f"{prefix}-{number}" for number in range(8))


def shard(name: str, names: Sequence[str]) -> str:
    """Choose one of these partitions by a name."""
    return names[zlib.crc32(name.encode()) % len(names)]


def send_batches_as_json(client: "DynamoDBClient") -> None:
    """Send batches as they are given; they must hold nothing that JSON does not have.

    botocore would rebuild them value by value, at more CPU than all else that it does.
    """
    for operation in ("BatchExecuteStatement", "BatchGetItem"):
        client.meta.events.register(f"provide-client-params.dynamodb.{operation}", _set_aside)
        client.meta.events.register(f"before-call.dynamodb.{operation}", _put_in)


def _set_aside(params: dict[str, Any], context: dict[str, Any], **_: object) -> Any:  # noqa: ANN401 (botocore's stubs take none)
    context["batch"] = json.dumps(params).encode()
    return {name: type(value)() for name, value in params.items()}


def _put_in(params: dict[str, Any], context: dict[str, Any], **_: object) -> None:
    params["body"] = context.pop("batch")


def _is_condition(error: ClientError) -> bool:
    """Return True if only the condition of a write did not hold."""
    return error.response["Error"]["Code"] == "ConditionalCheckFailedException"
