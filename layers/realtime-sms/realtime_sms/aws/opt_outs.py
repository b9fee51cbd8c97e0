"""The opt-out list: numbers that are not to be written to, one item each in the outcomes table.

The sender reads it for every number before it calls. Reads are consistent: what is on the list when a message is taken
up is not sent to.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import batched
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from realtime_sms.aws.item import iso, seconds
from realtime_sms.aws.submissions import StoreUnavailableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PARTITION = "#optout"  # no request id can be called so; the sort key is the number
_READ_BATCH = 100  # keys a BatchGetItem takes


@dataclass(frozen=True, slots=True)
class OptOut:
    """One number (E.164) on the list: since when (epoch seconds), and by what way it came there."""

    number: str = field(repr=False)
    source: str
    created_at: float


class OptOuts:
    """The list.

    Raises, from every method:
        StoreUnavailableError: the table did not answer.
    """

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def add(self, number: str, *, source: str, now: float) -> OptOut:
        """Put a number on the list, and give its entry; one that is there stays as it is."""
        try:
            self._client.put_item(
                TableName=self._table,
                Item=_key(number) | {"source": {"S": source}, "createdAt": {"S": iso(now)}},
                ConditionExpression="attribute_not_exists(requestId)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise StoreUnavailableError(type(error).__name__) from error
            there: Any = error.response.get("Item")
            return _opt_out(there) if there else self.get(number) or OptOut(number, source, now)
        except BotoCoreError as error:
            raise StoreUnavailableError(type(error).__name__) from error
        return OptOut(number, source, now)

    def remove(self, number: str) -> OptOut | None:
        """Take a number off the list; give the entry that it had."""
        try:
            reply = self._client.delete_item(TableName=self._table, Key=_key(number), ReturnValues="ALL_OLD")
        except (ClientError, BotoCoreError) as error:
            raise StoreUnavailableError(type(error).__name__) from error
        item = reply.get("Attributes")
        return _opt_out(item) if item else None

    def get(self, number: str) -> OptOut | None:
        """Give a number's entry, if it has one."""
        try:
            reply = self._client.get_item(TableName=self._table, Key=_key(number), ConsistentRead=True)
        except (ClientError, BotoCoreError) as error:
            raise StoreUnavailableError(type(error).__name__) from error
        item = reply.get("Item")
        return _opt_out(item) if item else None

    def find(self, numbers: Iterable[str]) -> frozenset[str]:
        """Give those of the numbers that are on the list."""
        try:
            return frozenset(
                number
                for some in batched(dict.fromkeys(numbers), _READ_BATCH, strict=False)
                for number in self._listed(some)
            )
        except (ClientError, BotoCoreError) as error:
            raise StoreUnavailableError(type(error).__name__) from error

    def page(self, after: str, most: int) -> list[OptOut]:
        """Give up to `most` entries whose numbers follow `after`, in the order of the numbers."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="requestId = :list AND recipient > :after",
            ExpressionAttributeValues={":list": {"S": PARTITION}, ":after": {"S": after or "+"}},
            ConsistentRead=True,
            PaginationConfig={"MaxItems": most, "PageSize": most},
        )
        try:
            return [_opt_out(item) for page in pages for item in page["Items"]]
        except (ClientError, BotoCoreError) as error:
            raise StoreUnavailableError(type(error).__name__) from error

    def _listed(self, numbers: Sequence[str]) -> list[str]:
        wanted: Any = list(map(_key, numbers))
        found: list[str] = []
        while wanted:
            request: Any = {"Keys": wanted, "ConsistentRead": True}
            reply = self._client.batch_get_item(RequestItems={self._table: request})
            found += [str(item["recipient"]["S"]) for item in reply["Responses"].get(self._table, [])]
            left = reply.get("UnprocessedKeys", {}).get(self._table)
            wanted = left["Keys"] if left else None
        return found


def _key(number: str) -> dict[str, dict[str, str]]:
    return {"requestId": {"S": PARTITION}, "recipient": {"S": number}}


def _opt_out(item: Mapping[str, Any]) -> OptOut:
    return OptOut(item["recipient"]["S"], item["source"]["S"], seconds(item["createdAt"]["S"]))
