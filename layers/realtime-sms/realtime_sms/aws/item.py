"""A submission as a DynamoDB item, both ways: which field is which attribute, in what type.

Times are ISO 8601 in UTC with milliseconds and a fixed width, so that they sort, and compare in conditions, as text.
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

from realtime_sms.outcomes.submission import Submission
from realtime_sms.vocabulary import Delivery, DeliveryReason, Reason, Status

type Attributes = dict[str, Any]

# Partitions of the index of what is to be looked at again; one takes 1,000 writes a second.
_SHARDS = 8
SHARD_NAMES = tuple(f"open-{number}" for number in range(_SHARDS))
ASK_SHARDS = tuple(f"ask-{number}" for number in range(_SHARDS))  # of what RealTime is to be asked about
LIFETIME = 14 * 86400  # seconds since its last change; SQS keeps no message longer, so nothing waits longer

_NAMES = {
    field.name: _camel
    for field in fields(Submission)
    for _camel in [field.name.split("_")[0] + "".join(part.title() for part in field.name.split("_")[1:])]
}
_values = attrgetter(*_NAMES)
_TIMES = frozenset(
    {"lease_until", "due_at", "expires_at", "created_at", "updated_at", "submitted_at", "delivery_at", "ask_at"}
)
_WORDS = {"status": Status, "reason": Reason, "delivery": Delivery, "delivery_reason": DeliveryReason}
_FLAGS = frozenset({"resend", "maybe_sent"})
_deserialize = TypeDeserializer().deserialize


@lru_cache(maxsize=1024)  # each time of a submission is written thrice: at its claim, and before and after its end
def iso(epoch: float) -> str:
    """Write epoch seconds as the table does."""
    return datetime.fromtimestamp(epoch, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"  # not +00:00


def seconds(written: str) -> float:
    """Read a time of the table as epoch seconds."""
    return datetime.fromisoformat(written).timestamp()


def to_item(submission: Submission, ttl_seconds: int) -> Attributes:
    """Give every attribute that the item has; what is None, false or empty is left out."""
    item: Attributes = {}
    for name, attribute, value in zip(_NAMES, _NAMES.values(), _values(submission), strict=True):
        if value is None or value is False or value == {}:
            continue
        item[attribute] = _attribute(iso(value) if name in _TIMES else value)
    item["ttl"] = {"N": str(int(submission.created_at) + ttl_seconds)}
    if not submission.final:
        item["openShard"] = {"S": shard(submission.recipient)}
        item["openUntil"] = {"S": iso(_look_again(submission))}
    elif submission.ask_at is not None:
        item["openShard"] = {"S": shard(submission.recipient, ASK_SHARDS)}
        item["openUntil"] = {"S": iso(submission.ask_at)}
    if submission.untraced:
        item["untracedRecipient"] = {"S": submission.recipient}
    return item


def from_item(item: Mapping[str, Any]) -> Submission:
    """Read an item back; attributes that are not a submission's (index, TTL) are passed over."""
    values: dict[str, Any] = {}
    for name, attribute in _NAMES.items():
        if attribute in item:
            values[name] = _value(name, _deserialize(item[attribute]))
    return Submission(**values)


def shard(sort_key: str, names: Sequence[str] = SHARD_NAMES) -> str:
    """Name the partition of the index in which an item is listed, by its sort key."""
    return names[zlib.crc32(sort_key.encode()) % len(names)]


def _look_again(submission: Submission) -> float:
    """Say when the sweeper must look: when the lease is over, or when nothing can come of waiting any more."""
    if submission.lease_until is not None:
        return submission.lease_until
    gone_at = submission.updated_at + LIFETIME
    return gone_at if submission.expires_at is None else min(submission.expires_at, gone_at)


def _attribute(value: bool | str | int | Mapping[str, str]) -> dict[str, Any]:  # noqa: FBT001 (a flag is a value here)
    """Write a value in its DynamoDB type, one of the four that a submission has; boto3's own tries many more."""
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int):
        return {"N": str(value)}
    return {"M": {name: {"S": text} for name, text in value.items()}}


def _value(name: str, stored: Any) -> Any:  # noqa: ANN401 (DynamoDB's types are those of the attribute)
    if name in _TIMES:
        return seconds(stored)
    if name in _WORDS:
        return _WORDS[name](stored)
    return stored if isinstance(stored, str | bool | dict) else int(stored)
