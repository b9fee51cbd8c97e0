"""Submissions in the table: read by key, and changed only if the table still holds what the change started from.

Every change is one PartiQL statement with its own condition and its own result, and costs one write. Up to 25
statements are sent in one call.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from enum import StrEnum
from itertools import batched
from math import inf
from operator import attrgetter
from typing import Any, NamedTuple

from realtime_sms.aws.table import (
    BATCH,
    CONDITION_FAILED,
    REJECTED,
    Item,
    Key,
    Statement,
    StoreUnavailableError,
    Table,
    from_attribute,
    key_of,
    seconds,
    shard,
    shards,
)
from realtime_sms.aws.telemetry import logger
from realtime_sms.outcomes.decide import Change, Found, Unreadable
from realtime_sms.outcomes.json_form import camel, kind_of
from realtime_sms.outcomes.submission import Submission, Time, iso
from realtime_sms.vocabulary import Delivery, DeliveryReason, MessageType, Reason, Status

OPEN_SHARDS = shards("open")  # of what is unfinished
ASK_SHARDS = shards("ask")  # of what RealTime is to be asked about
COST_SHARDS = shards("cost")  # of what RealTime is to be asked for its cost, once
_COMPARED = ("requestId", "recipient", "status", "attempt", "owner")  # what identifies a state of a submission
# Error codes of a statement that was certainly not executed: its partition, or the table, takes no more for now.
_THROTTLED = frozenset({"ProvisionedThroughputExceeded", "RequestLimitExceeded", "ThrottlingError"})
_DAY = 86_400  # seconds
LIFETIME = 14 * _DAY  # seconds since it changed or is due; SQS keeps no message longer, so nothing waits longer


class Applied(NamedTuple):
    """The table now holds what the change wanted."""


class Conflict(NamedTuple):
    """The table held something else: this."""

    current: Found


class Indeterminate(NamedTuple):
    """The table did not answer, or refused for now: the change may have happened or not."""

    code: str


type WriteResult = Applied | Conflict | Indeterminate


def is_throttled(result: WriteResult) -> bool:
    """Return True if the table refused the change for now, so that it did not happen."""
    return isinstance(result, Indeterminate) and result.code in _THROTTLED


class UnreadableItemError(ValueError):
    """An item is no submission that this version knows; the message names the attribute and quotes no value."""


class Submissions:
    """The table as a store of submissions.

    Raises, from every method but `apply`:
        StoreUnavailableError: the table did not answer.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def read(self, keys: Iterable[Key]) -> dict[Key, Submission | Unreadable]:
        """Read submissions by key, consistently; a key without an item is not in the answer."""
        return {key_of(item): read_item(item) for item in self._table.get_many(keys)}

    def read_known(self, keys: Iterable[Key]) -> dict[Key, Submission]:
        """Read those that this version can read."""
        return {key: one for key, one in self.read(keys).items() if isinstance(one, Submission)}

    def apply(self, changes: Sequence[Change]) -> list[WriteResult]:
        """Carry out each change if the table still holds its `before`; return the result of each.

        If the SDK retries a write that succeeded, the condition fails. So failed changes are read again, and a
        submission that has the change's own owner, attempt, status and time counts as applied.
        """
        results: list[WriteResult] = []
        for some in batched(changes, BATCH, strict=False):
            try:
                codes = self._table.execute([self._statement(change) for change in some])
                failed = [one.after for one, code in zip(some, codes, strict=True) if code in CONDITION_FAILED]
                current = self.read((after.request_id, after.recipient) for after in failed) if failed else {}
                results += [_result(change, code, current) for change, code in zip(some, codes, strict=True)]
            except StoreUnavailableError as error:
                results += [Indeterminate(str(error))] * len(some)
        return results

    def read_living(self, keys: Iterable[Key], now: float) -> dict[Key, Submission | Unreadable]:
        """Read those that are not past their TTL: DynamoDB may delete the others at any time."""
        items = self._table.get_many(keys)
        return {key_of(item): read_item(item) for item in items if "ttl" not in item or now < float(item["ttl"]["N"])}

    def prolong(self, keys: Iterable[Key], now: float) -> list[Key]:
        """Restart the TTL of submissions, so that they outlive a message that is published now.

        Return the keys that have none.
        """
        missing: list[Key] = []
        for some in batched(keys, BATCH, strict=False):
            until = {"N": str(self._table.ttl(now))}
            statement = f'UPDATE "{self._table.name}" SET "ttl"=? WHERE "requestId"=? AND "recipient"=?'  # noqa: S608 (a name of ours)
            codes = self._table.execute(
                [{"Statement": statement, "Parameters": [until, *({"S": part} for part in key)]} for key in some]
            )
            if failed := sorted({code for code in codes if code} - CONDITION_FAILED):
                raise StoreUnavailableError(", ".join(failed))
            missing += [key for key, code in zip(some, codes, strict=True) if code]
        return missing

    def overdue(self, now: float) -> Iterator[tuple[Key, ...]]:
        """Yield the keys of unfinished submissions whose lease or lifetime ended before `now`, in batches."""
        return batched(self._table.due(OPEN_SHARDS, now), 100, strict=False)

    def note_rejection(self, request_id: str, reason: Reason, detail: str, now: float) -> None:
        """Store beside the outcomes of the request that a message with its id was rejected, and why."""
        note = {
            "requestId": request_id,
            "recipient": REJECTED,
            "status": "failed",
            "reason": reason,
            "detail": detail,
            "createdAt": iso(now),
        }
        item: dict[str, Any] = {name: {"S": value} for name, value in note.items()}
        self._table.put(item | {"ttl": {"N": str(self._table.ttl(now))}})

    def _statement(self, change: Change) -> Statement:
        """Write a change as a statement: an insert, or an update on the condition that the submission is the same."""
        after = self.item(change.after)
        if change.before is None:
            pairs = ", ".join(f"'{name}': ?" for name in after)
            return {
                "Statement": f'INSERT INTO "{self._table.name}" VALUE {{{pairs}}}',
                "Parameters": list(after.values()),
            }
        before = self.item(change.before)
        changed = {name: value for name, value in after.items() if before.get(name) != value}
        sets = "".join(f' SET "{name}"=?' for name in changed)
        removes = "".join(f' REMOVE "{name}"' for name in before if name not in after)
        condition = " AND ".join(f'"{name}"=?' for name in _COMPARED)
        return {
            "Statement": f'UPDATE "{self._table.name}"{sets}{removes} WHERE {condition}',
            "Parameters": [*changed.values(), *(before[name] for name in _COMPARED)],
        }

    def item(self, submission: Submission) -> dict[str, Any]:
        """Return every attribute that the item has; what is None, false or empty is left out.

        Its TTL counts from its creation, from the time at which it is due, or from its last change if that is more than
        a day after its creation.
        """
        late = submission.updated_at if submission.updated_at > submission.created_at + _DAY else 0
        kept_since = max(submission.created_at, submission.due_at or 0, late)
        item: dict[str, Any] = {"ttl": {"N": str(self._table.ttl(kept_since))}}
        for (name, letter, written, _), value in zip(_CODEC.values(), _values(submission), strict=True):
            if not (value is None or value is False or value == {}):
                item[name] = {letter: value if written is None else written(value)}
        look_at = submission.ask_at
        if not submission.final:  # the sweep looks when the lease is over, or when waiting is in vain
            look_at = submission.lease_until
            if look_at is None:
                look_at = min(submission.expires_at or inf, given_up_at(submission))
        if look_at is not None:
            shard_names = ASK_SHARDS if submission.final else OPEN_SHARDS
            item |= {"openShard": {"S": shard(submission.recipient, shard_names)}, "openUntil": {"S": iso(look_at)}}
        if submission.untraced:
            item["untracedRecipient"] = {"S": submission.recipient}
        return item


def read_item(item: Item) -> Submission | Unreadable:
    """Read an item; one that this version cannot read is logged, and stops nothing else."""
    try:
        return from_item(item)
    except UnreadableItemError as error:
        logger.error("item not readable", extra={"requestId": key_of(item)[0], "detail": str(error)})
        return Unreadable()


def from_item(item: Item) -> Submission:
    """Read an item; attributes that are not a submission's (indexes, TTL) are passed over.

    Raises:
        UnreadableItemError: it is no submission, or holds a status that this version does not know.

    """
    values: dict[str, Any] = {}
    for field, (name, _, _, read) in _CODEC.items():
        if name in item:
            try:
                values[field] = read(from_attribute(item[name]))
            except (TypeError, ValueError, AttributeError):
                raise UnreadableItemError(name) from None
    try:
        return Submission(**values)
    except TypeError:
        raise UnreadableItemError("an attribute is missing") from None


def given_up_at(submission: Submission) -> float:
    """Return the epoch second after which no message can send a waiting submission any more."""
    return max(submission.updated_at, submission.due_at or 0) + LIFETIME


def _result(change: Change, code: str, current: Mapping[Key, Found]) -> WriteResult:
    if not code:
        return Applied()
    if code not in CONDITION_FAILED:
        return Indeterminate(code)
    after = change.after
    found = current.get((after.request_id, after.recipient))
    return Applied() if isinstance(found, Submission) and _mark(found) == _mark(after) else Conflict(found)


def _mark(one: Submission) -> tuple[str, int, Status, str]:
    """Return what tells a write from all others; two runs of maintenance differ in the time alone."""
    return one.owner, one.attempt, one.status, iso(one.updated_at)


# ---- how a field is written and read, by its type


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _lenient(words: type[StrEnum]) -> Callable[[Any], str]:
    """Return a reader that keeps an unknown word of a newer version, because nothing is decided by it."""
    return lambda stored: words(stored) if stored in words else _text(stored)


type _Coder = tuple[str, Callable[[Any], Any] | None, Callable[[Any], Any]]  # DynamoDB's type; to it, and back

_CODERS: dict[Any, _Coder] = {
    Time: ("S", iso, seconds),
    bool: ("BOOL", None, bool),
    int: ("N", str, int),
    str: ("S", None, _text),
    Mapping[str, str]: ("M", lambda value: {name: {"S": text} for name, text in value.items()}, dict),
    Reason: ("S", None, _lenient(Reason)),
    DeliveryReason: ("S", None, _lenient(DeliveryReason)),
    MessageType: ("S", None, _lenient(MessageType)),
    Status: ("S", None, Status),
    Delivery: ("S", None, Delivery),
}
_CODEC = {field.name: (camel(field.name), *_CODERS[kind_of(field)]) for field in fields(Submission)}
_values = attrgetter(*_CODEC)
