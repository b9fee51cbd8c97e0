"""Requests that the API accepted, and the read side of outcomes: what became of a request, by page.

A request's entry lies beside its outcomes, under a sort key that no recipient has, so that one query reads both.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Protocol

from realtime_sms.aws.submissions import Submissions, read_item
from realtime_sms.aws.table import (
    REJECTED,
    REQUEST,
    SUBMISSION_INDEX,
    Table,
    Update,
    from_attribute,
    key_of,
    seconds,
    to_attribute,
)
from realtime_sms.outcomes.submission import Submission, iso
from realtime_sms.requests.model import HASH_VERSION
from realtime_sms.vocabulary import MessageType, Reason

_NOTES = "#"  # what every sort key begins with that is no recipient's
_RECIPIENTS = "$"  # sorts after all of those, and before every recipient's
_PAGE = 100  # outcomes a query
_SUMMARY = 4  # items in which entry, rejection and first outcome are found


@dataclass(frozen=True, slots=True)
class Addressed:
    """Recipients (E.164) of one request that get the same encoding of its text."""

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
    message_type: MessageType = MessageType.TRANSACTIONAL
    campaign: str | None = None
    send_at: float | None = None
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
        """Return the hash of the content that is sent under this id: the first outcome's, if there is one."""
        if self.first is not None:
            return self.first.content_hash
        return self.entry.content_hash if self.entry else None

    @property
    def superseded(self) -> bool:
        """Return True if other content is sent under this id, so that the entry's never will be.

        Two hashes of different versions, as right after an upgrade, prove nothing; a noted conflict does.
        """
        if self.entry is None or self.content_hash in {None, self.entry.content_hash}:
            return False
        written = (self.entry.content_hash, self.content_hash or "")
        of_one_version = len({one.startswith(HASH_VERSION) for one in written}) == 1
        return of_one_version or (self.rejection is not None and self.rejection.reason == Reason.CONFLICT)


class Requests:
    """Entries and outcomes in the table; one past its `ttl` counts as absent, for DynamoDB deletes it days later.

    Raises, from every method:
        StoreUnavailableError: the table did not answer.
    """

    def __init__(self, table: Table, *, now: Callable[[], float] = time.time) -> None:
        self._table = table
        self._now = now
        self._submissions = Submissions(table)

    def summary(self, request_id: str) -> Summary:
        """Read what is known of a request as a whole, consistently."""
        kept = filter(self._is_kept, self._table.query(request_id, _NOTES, _SUMMARY))
        items = {key_of(item)[1]: item for item in kept}
        first = next((item for name, item in items.items() if not name.startswith(_NOTES)), None)
        found = read_item(first) if first else None
        return Summary(
            _entry(items[REQUEST]) if REQUEST in items else None,
            _rejection(items[REJECTED]) if REJECTED in items else None,
            found if isinstance(found, Submission) else None,
        )

    def create(self, entry: Entry) -> Entry | None:
        """Write an entry if its id has none; else return the one that is there."""
        item = self._item(entry)
        there = self._table.create(item)
        if there and not self._is_kept(there):
            same = {":ttl": there["ttl"]}
            if self._table.put(item, "#ttl = :ttl", same, ExpressionAttributeNames={"#ttl": "ttl"}):
                return None
            there = self._table.create(item)  # somebody else wrote one, or DynamoDB deleted the old one
        return _entry(there) if there else None

    def mark_queued(self, request_id: str, now: float) -> None:
        """Note that the request's message is on the queue."""
        update = Update(("queuedAt = :now",), (), "attribute_exists(requestId)", {":now": {"S": iso(now)}})
        self._table.update((request_id, REQUEST), update)

    def page(self, request_id: str, after: str, most: int) -> list[Submission]:
        """Return up to `most` outcomes of a request whose sort keys follow `after`, in the order of those keys."""
        items = self._table.query(request_id, max(after, _RECIPIENTS), most)
        return [one for one in map(read_item, items) if isinstance(one, Submission)]

    def find(self, submission_id: str) -> Submission | None:
        """Return the submission to which RealTime gave this id."""
        keys = islice(self._table.keys(SUBMISSION_INDEX, "submissionId = :id", {":id": {"S": submission_id}}), 1)
        return next(iter(self._submissions.read_known(keys).values()), None)

    def _is_kept(self, item: Mapping[str, Any]) -> bool:
        return "ttl" not in item or int(item["ttl"]["N"]) > self._now()

    def _item(self, entry: Entry) -> dict[str, Any]:
        groups = [
            {"charset": group.charset, "segments": group.segments, "recipients": list(group.recipients)}
            for group in entry.groups
        ]
        values: dict[str, Any] = {
            "requestId": entry.request_id,
            "recipient": REQUEST,
            "contentHash": entry.content_hash,
            "groups": groups,
            "metadata": dict(entry.metadata),
            "messageType": entry.message_type,
            "campaign": entry.campaign,
            "sendAt": None if entry.send_at is None else iso(entry.send_at),
            "createdAt": iso(entry.created_at),
            "ttl": self._table.ttl(entry.created_at),
        }
        return {name: to_attribute(value) for name, value in values.items() if value is not None}


class Pages(Protocol):
    """Where outcomes are read by page."""

    def page(self, request_id: str, after: str, most: int) -> list[Submission]:
        """Return up to `most` outcomes of a request whose sort keys follow `after`, in the order of those keys."""


def read_outcomes(requests: Pages, request_id: str) -> Iterator[Submission]:
    """Read every outcome of a request, page by page."""
    after = ""
    while page := requests.page(request_id, after, _PAGE):
        yield from page
        after = page[-1].recipient


def _entry(item: Mapping[str, Any]) -> Entry:
    values = {name: from_attribute(value) for name, value in item.items()}
    return Entry(
        request_id=values["requestId"],
        content_hash=values["contentHash"],
        groups=tuple(
            Addressed(int(group["charset"]), int(group["segments"]), tuple(group["recipients"]))
            for group in values["groups"]
        ),
        metadata=values["metadata"],
        message_type=MessageType(values.get("messageType", MessageType.TRANSACTIONAL)),
        campaign=values.get("campaign"),
        send_at=seconds(values["sendAt"]) if "sendAt" in values else None,
        created_at=seconds(values["createdAt"]),
        queued_at=seconds(values["queuedAt"]) if "queuedAt" in values else None,
    )


def _rejection(item: Mapping[str, Any]) -> Rejection:
    return Rejection(item["reason"]["S"], item["detail"]["S"], seconds(item["createdAt"]["S"]))
