"""Single items of the outcomes table, changed where a condition holds, and found by its indexes."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice, zip_longest
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from realtime_sms.aws.item import Attributes, iso
from realtime_sms.aws.submissions import OPEN_INDEX, Key, StoreUnavailableError
from realtime_sms.provider.reports import DeliveryUpdate

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_PAGE = 100  # keys a query gives at once


@dataclass(frozen=True, slots=True)
class Update:
    """What is assigned, what is removed, and what must hold, as expressions, with the values of all."""

    sets: tuple[str, ...]
    removes: tuple[str, ...]
    condition: str
    values: Attributes

    @property
    def expression(self) -> str:
        """Give the update expression."""
        removes = f" REMOVE {', '.join(self.removes)}" if self.removes else ""
        return (f"SET {', '.join(self.sets)}" if self.sets else "") + removes


def advance(update: DeliveryUpdate, now: float) -> Update:
    """Give the update that raises an item's delivery state to what was heard, where it supersedes what the item has.

    Such writes may be done twice and in any order: the highest stays.
    """
    lower = {f":{one}": {"S": one} for one in update.delivery.superseded_states}
    ways = ["attribute_not_exists(delivery)"]
    if lower:
        ways.append(f"delivery IN ({', '.join(lower)})")
    values: Attributes = {":heard": {"S": update.delivery}, ":now": {"S": iso(now)}} | lower
    sets: tuple[str, ...] = ("delivery = :heard", "deliveryAt = :now")
    if update.reason is None:
        return Update(sets, ("deliveryReason",), f"({' OR '.join(ways)})", values)
    ways.append("(delivery = :heard AND attribute_not_exists(deliveryReason))")
    sets = (*sets, "deliveryReason = :why")
    return Update(sets, (), f"({' OR '.join(ways)})", values | {":why": {"S": update.reason}})


class Rows:
    """The table.

    Raises, from every method:
        StoreUnavailableError: the table did not answer.
    """

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def update(self, key: Key, update: Update, names: Mapping[str, str] | None = None) -> bool:
        """Change an item; False where its condition does not hold. `names` stand for attributes by `#name`."""
        more: Any = {"ExpressionAttributeNames": names} if names else {}
        return self._do(
            self._client.update_item,
            key,
            UpdateExpression=update.expression,
            ConditionExpression=update.condition,
            ExpressionAttributeValues=update.values,
            **more,
        )

    def delete(self, key: Key, condition: str, values: Attributes) -> bool:
        """Delete an item; False where the condition does not hold."""
        return self._do(self._client.delete_item, key, ConditionExpression=condition, ExpressionAttributeValues=values)

    def get(self, key: Key) -> Attributes | None:
        """Give an item, consistently."""
        try:
            item = self._client.get_item(TableName=self._table, Key=_named(key), ConsistentRead=True).get("Item")
        except (ClientError, BotoCoreError) as error:
            raise StoreUnavailableError(type(error).__name__) from error
        return dict(item) if item else None

    def due(self, shards: Sequence[str], now: float, most: int) -> list[Key]:
        """Give keys of what is to be looked at before `now`, from these partitions of the index of such items alike.

        In no order: neither a partition with too much in it, nor an item that stops each run, keeps the rest waiting.
        """
        condition = "openShard = :shard AND openUntil < :now"
        found = [
            self.keys(OPEN_INDEX, condition, {":shard": {"S": name}, ":now": {"S": iso(now)}})
            for name in random.sample(shards, len(shards))
        ]
        in_turns = (key for key in chain.from_iterable(zip_longest(*found)) if key is not None)
        some = list(islice(in_turns, most))
        random.shuffle(some)
        return some

    def keys(self, index: str, condition: str, values: Attributes) -> Iterator[Key]:
        """Give the keys that an index has; it has an item a moment after that is written."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName=index,
            KeyConditionExpression=condition,
            ExpressionAttributeValues=values,
            PaginationConfig={"PageSize": _PAGE},
        )
        try:
            for page in pages:
                for item in page["Items"]:
                    yield str(item["requestId"]["S"]), str(item["recipient"]["S"])
        except (ClientError, BotoCoreError) as error:
            raise StoreUnavailableError(type(error).__name__) from error

    def count(self, index: str, most: int) -> int:
        """Count what an index has, up to `most`."""
        try:
            return self._client.scan(TableName=self._table, IndexName=index, Select="COUNT", Limit=most)["Count"]
        except (ClientError, BotoCoreError) as error:
            raise StoreUnavailableError(type(error).__name__) from error

    def _do(self, operation: Any, key: Key, **wanted: Any) -> bool:  # noqa: ANN401 (as boto3 takes it)
        try:
            operation(TableName=self._table, Key=_named(key), **wanted)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                return False
            raise StoreUnavailableError(type(error).__name__) from error
        except BotoCoreError as error:
            raise StoreUnavailableError(type(error).__name__) from error
        return True


def _named(key: Key) -> dict[str, dict[str, str]]:
    return {"requestId": {"S": key[0]}, "recipient": {"S": key[1]}}
