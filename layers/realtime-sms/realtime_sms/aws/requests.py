"""The register of requests that the API accepted, and the read side of outcomes: what became of a request, by page.

A request's entry lies beside its outcomes, under a sort key that no recipient has, so that one query gives both.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import BotoCoreError, ClientError

from realtime_sms.aws.item import Attributes, from_item, iso, seconds
from realtime_sms.aws.submissions import REJECTED, StoreUnavailableError, Submissions
from realtime_sms.outcomes.submission import Submission

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ENTRY = "#request"  # the sort key of an entry
SUBMISSION_INDEX = "submission"
_NOTES = "#"  # what every sort key begins with that is no recipient's
_RECIPIENTS = "$"  # sorts after all of those, and before every recipient's
_FRONT = 4  # items in which entry, rejection and first outcome are found

_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


@dataclass(frozen=True, slots=True)
class Addressed:
    """Recipients (E.164) of one request who get the same encoding of its text."""

    charset: int
    segments: int
    recipients: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One accepted request; times in epoch seconds, `queued_at` once its message is known to be on the queue."""

    request_id: str
    content_hash: str
    groups: tuple[Addressed, ...]
    metadata: Mapping[str, str] = field(default_factory=dict)
    created_at: float
    queued_at: float | None = None


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a message under a request's id was rejected, and when (epoch seconds)."""

    reason: str
    detail: str
    created_at: float


@dataclass(frozen=True, slots=True)
class Summary:
    """What is known of a request as a whole, and the first of its outcomes."""

    entry: Entry | None = None
    rejection: Rejection | None = None
    first: Submission | None = None

    @property
    def content_hash(self) -> str | None:
        """Give the fingerprint of what is sent under this id: an outcome's, for the sender goes by that."""
        if self.first is not None:
            return self.first.content_hash
        return self.entry.content_hash if self.entry else None

    @property
    def superseded(self) -> bool:
        """Say whether the entry is of other content than what is sent under its id, so that it never will be."""
        return self.entry is not None and self.entry.content_hash != self.content_hash


class Requests:
    """Entries and outcomes in the outcomes table.

    Raises, from every method:
        StoreUnavailableError: the table did not answer.
    """

    def __init__(self, client: "DynamoDBClient", table: str, *, ttl_days: int) -> None:
        self._client = client
        self._table = table
        self._ttl = ttl_days * 86400
        self._submissions = Submissions(client, table, ttl_days=ttl_days)

    def summary(self, request_id: str) -> Summary:
        """Read what is known of a request as a whole, consistently."""
        items = {str(item["recipient"]["S"]): item for item in self._after(request_id, _NOTES, _FRONT)}
        first = next((item for key, item in items.items() if not key.startswith(_NOTES)), None)
        return Summary(
            _entry(items[ENTRY]) if ENTRY in items else None,
            _rejection(items[REJECTED]) if REJECTED in items else None,
            from_item(first) if first else None,
        )

    def create(self, entry: Entry) -> Entry | None:
        """Write an entry if its id has none; else give the one that is there."""
        try:
            self._client.put_item(
                TableName=self._table,
                Item=self._item(entry),
                ConditionExpression="attribute_not_exists(requestId)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise StoreUnavailableError(type(error).__name__) from error
            there: Any = error.response.get("Item")
            return _entry(there) if there else self.summary(entry.request_id).entry
        except BotoCoreError as error:
            raise StoreUnavailableError(type(error).__name__) from error
        return None

    def mark_queued(self, request_id: str, now: float) -> None:
        """Note that the request's message is on the queue."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"requestId": {"S": request_id}, "recipient": {"S": ENTRY}},
                UpdateExpression="SET queuedAt = :now",
                ConditionExpression="attribute_exists(requestId)",
                ExpressionAttributeValues={":now": {"S": iso(now)}},
            )
        except (ClientError, BotoCoreError) as error:
            raise StoreUnavailableError(type(error).__name__) from error

    def page(self, request_id: str, after: str, most: int) -> list[Submission]:
        """Give up to `most` outcomes of a request whose sort keys follow `after`, in the order of those keys."""
        return [from_item(item) for item in self._after(request_id, max(after, _RECIPIENTS), most)]

    def find(self, submission_id: str) -> Submission | None:
        """Give the submission to which RealTime gave this id."""
        keys = self._query(
            IndexName=SUBMISSION_INDEX,
            KeyConditionExpression="submissionId = :id",
            ExpressionAttributeValues={":id": {"S": submission_id}},
            PaginationConfig={"MaxItems": 1},
        )
        found = self._submissions.read((str(key["requestId"]["S"]), str(key["recipient"]["S"])) for key in keys)
        return next(iter(found.values()), None)

    def _after(self, request_id: str, after: str, most: int) -> list[Attributes]:
        return self._query(
            KeyConditionExpression="requestId = :id AND recipient > :after",
            ExpressionAttributeValues={":id": {"S": request_id}, ":after": {"S": after}},
            ConsistentRead=True,
            PaginationConfig={"MaxItems": most, "PageSize": most},
        )

    def _query(self, **wanted: Any) -> list[Attributes]:  # noqa: ANN401 (as boto3 takes it)
        try:
            pages = self._client.get_paginator("query").paginate(TableName=self._table, **wanted)
            return [item for page in pages for item in page["Items"]]
        except (ClientError, BotoCoreError) as error:
            raise StoreUnavailableError(type(error).__name__) from error

    def _item(self, entry: Entry) -> Attributes:
        groups = [
            {"charset": group.charset, "segments": group.segments, "recipients": list(group.recipients)}
            for group in entry.groups
        ]
        values: dict[str, Any] = {
            "requestId": entry.request_id,
            "recipient": ENTRY,
            "contentHash": entry.content_hash,
            "groups": groups,
            "metadata": dict(entry.metadata),
            "createdAt": iso(entry.created_at),
            "ttl": int(entry.created_at) + self._ttl,
        }
        return {name: _serialize(value) for name, value in values.items()}


def _entry(item: Mapping[str, Any]) -> Entry:
    values = {name: _deserialize(value) for name, value in item.items()}
    return Entry(
        request_id=values["requestId"],
        content_hash=values["contentHash"],
        groups=tuple(
            Addressed(int(group["charset"]), int(group["segments"]), tuple(group["recipients"]))
            for group in values["groups"]
        ),
        metadata=values["metadata"],
        created_at=seconds(values["createdAt"]),
        queued_at=seconds(values["queuedAt"]) if "queuedAt" in values else None,
    )


def _rejection(item: Mapping[str, Any]) -> Rejection:
    return Rejection(item["reason"]["S"], item["detail"]["S"], seconds(item["createdAt"]["S"]))
