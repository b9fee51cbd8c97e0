"""The handsets: every message that the vendor accepted, as its recipient sees it, and what phones answered."""

import time
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import takewhile

from local.fake_realtime.handset import Operator, cut, operator_of
from local.fake_realtime.inbound import Inbound
from local.fake_realtime.report import DeliveryStatus, Report
from local.fake_realtime.submission import Submission


@dataclass(frozen=True, slots=True)
class Message:
    """One SMS on one phone; times in seconds since the epoch, text and number never in its repr."""

    submission_id: str
    recipient: str = field(repr=False)
    submission: Submission
    received_at: float
    delivered_at: float
    delivery: DeliveryStatus

    @property
    def text(self) -> str:
        """The text as the phone shows it."""
        return self.submission.text

    @property
    def operator(self) -> Operator:
        """The recipient's network."""
        return operator_of(self.recipient)

    def delivery_at(self, now: float) -> DeliveryStatus:
        """Give the delivery status at a time: pending until it is settled."""
        return self.delivery if now >= self.delivered_at else DeliveryStatus.PENDING

    def report(self) -> Report:
        """Give the delivery report that the vendor posts once the status is settled."""
        return Report(self.submission_id, self.recipient, self.delivery, self.delivered_at)

    def as_json(self) -> dict[str, object]:
        """Give the message as the control API lists it."""
        submission = self.submission
        return {
            "submissionId": self.submission_id,
            "recipient": self.recipient,
            "sender": submission.sender,
            "charset": submission.charset,
            "wireText": submission.wire_text,
            "text": submission.text,
            "segments": submission.segments,
            "parts": cut(submission.text, submission.charset),
            "operator": self.operator.name,
            "receivedAt": self.received_at,
            "reported": self.delivery.meaning,
        }

    def info(self, now: float) -> dict[str, object]:
        """Give the reply to *Get SMS info*; a time that has not come is 0."""
        status = self.delivery_at(now)
        registered, settled = int(self.received_at), int(self.delivered_at)
        return {
            "id": self.submission_id,
            "timestamps": {
                "registered": registered,
                "sent": registered,
                "done": settled if status.is_final else 0,
            },
            "info": {
                "status": {"code": str(int(status)), "status": status.word},
                "cost": self.submission.segments,
                "operator": self.operator.as_json(),
            },
        }


class Inbox:
    """Messages by submission id and by recipient, in the order of their acceptance; one thread at a time."""

    def __init__(self) -> None:
        # Ids of 16 digits like the vendor's own example, and not the same again after a restart.
        self._last_id = time.time_ns() // 1000
        self._by_id: dict[str, Message] = {}
        self._by_recipient: dict[str, list[Message]] = defaultdict(list)
        self._inbound: dict[str, Inbound] = {}

    def next_id(self) -> str:
        """Give a submission id that was not given before."""
        self._last_id += 1
        return str(self._last_id)

    def put(self, message: Message) -> None:
        """Show one more message on its recipient's phone."""
        self._by_id[message.submission_id] = message
        self._by_recipient[message.recipient].append(message)

    def find(self, submission_id: str) -> Message | None:
        """Give one message by its submission id."""
        return self._by_id.get(submission_id)

    def messages(self, recipient: str | None = None) -> tuple[Message, ...]:
        """Give the messages on one phone, or on all."""
        if recipient is None:
            return tuple(self._by_id.values())
        return tuple(self._by_recipient.get(recipient, ()))

    def after(self, submission_id: str) -> tuple[Message, ...] | None:
        """Give the messages accepted after this one, oldest first; None where it is not here (any more)."""
        if submission_id not in self._by_id:
            return None
        newest_first = takewhile(lambda message: message.submission_id != submission_id, reversed(self._by_id.values()))
        return tuple(newest_first)[::-1]

    def put_inbound(self, inbound: Inbound) -> None:
        """Show on a phone what was sent from it."""
        self._inbound[inbound.id] = inbound

    def inbound(self) -> tuple[Inbound, ...]:
        """Give what was sent from all phones, oldest first."""
        return tuple(self._inbound.values())

    def holds(self, entry: Message | Inbound) -> bool:
        """Say whether a message, or an answer, is still on its phone."""
        if isinstance(entry, Inbound):
            return entry.id in self._inbound
        return entry.submission_id in self._by_id

    def clear(self) -> None:
        """Empty every phone; ids are not given a second time."""
        self._inbound.clear()
        self._by_id.clear()
        self._by_recipient.clear()
