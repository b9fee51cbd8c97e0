"""The handsets: every message that was accepted, as its recipient sees it, and what phones answered."""

import time
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Final

from local.fake_realtime.callbacks import DeliveryStatus, Inbound, Report
from local.fake_realtime.submission import Submission

# The first is RealTime's own example; the other ids are made up.
_CHILEAN: Final = (
    {"id": "188", "name": "Entel Pcs", "mcc": "730", "mnc": "10"},
    {"id": "189", "name": "Movistar", "mcc": "730", "mnc": "02"},
    {"id": "190", "name": "Claro", "mcc": "730", "mnc": "03"},
    {"id": "191", "name": "WOM", "mcc": "730", "mnc": "09"},
)
_ELSEWHERE: Final = {"id": "999", "name": "Test network", "mcc": "001", "mnc": "01"}


def operator_of(recipient: str) -> dict[str, str]:
    """Return RealTime's operator structure for a number in E.164; the same number has always the same operator."""
    return _CHILEAN[int(recipient[1:]) % len(_CHILEAN)] if recipient.startswith("+56") else _ELSEWHERE


@dataclass(frozen=True, slots=True)
class Message:
    """One SMS on one phone; times are epoch seconds."""

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

    def report(self) -> Report:
        """Return the delivery report that RealTime posts when the status is final."""
        return Report(self.submission_id, self.recipient, self.delivery, self.delivered_at)

    def as_json(self) -> dict[str, object]:
        """Return the message as the control API lists it."""
        submission, parts = self.submission, self.submission.parts
        return {
            "submissionId": self.submission_id,
            "recipient": self.recipient,
            "sender": submission.sender,
            "charset": submission.charset,
            "wireText": submission.wire_text,
            "text": submission.text,
            "segments": len(parts),
            "parts": parts,
            "operator": operator_of(self.recipient)["name"],
            "receivedAt": self.received_at,
            "reported": self.delivery.meaning,
        }

    def info(self, now: float) -> dict[str, object]:
        """Return the reply to *Get SMS info*: pending until the delivery time; a time in the future is 0."""
        status = self.delivery if now >= self.delivered_at else DeliveryStatus.PENDING
        registered, settled = int(self.received_at), int(self.delivered_at)
        return {
            "id": self.submission_id,
            "timestamps": {"registered": registered, "sent": registered, "done": settled if status.is_final else 0},
            "info": {
                "status": {"code": str(int(status)), "status": status.word},
                "cost": self.submission.segments,
                "operator": operator_of(self.recipient),
            },
        }


class Inbox:
    """Messages and inbound SMS by id, oldest first; not thread-safe."""

    def __init__(self) -> None:
        # Ids of 16 digits, as in RealTime's own example; a restart does not repeat them.
        self._last_id = time.time_ns() // 1000
        self.clear()

    def clear(self) -> None:
        """Empty every phone; ids are not used a second time."""
        self._by_id: dict[str, Message] = {}
        self._inbound: dict[str, Inbound] = {}

    def next_id(self) -> str:
        """Return a new submission id."""
        self._last_id += 1
        return str(self._last_id)

    def put(self, entry: Message | Inbound) -> None:
        """Add a message or an inbound SMS to its phone."""
        if isinstance(entry, Inbound):
            self._inbound[entry.id] = entry
        else:
            self._by_id[entry.submission_id] = entry

    def has(self, entry: Message | Inbound) -> bool:
        """Return True if a message or an inbound SMS is still on its phone."""
        return entry.id in self._inbound if isinstance(entry, Inbound) else entry.submission_id in self._by_id

    def find(self, submission_id: str) -> Message | None:
        """Return one message by its submission id."""
        return self._by_id.get(submission_id)

    def messages(self, recipient: str | None = None) -> tuple[Message, ...]:
        """Return the messages on one phone, or on all."""
        return tuple(message for message in self._by_id.values() if recipient in {None, message.recipient})

    def after(self, submission_id: str) -> tuple[Message, ...] | None:
        """Return the messages accepted after this one; None if this one is not there."""
        if submission_id not in self._by_id:
            return None
        newest_first = takewhile(lambda message: message.submission_id != submission_id, reversed(self._by_id.values()))
        return tuple(newest_first)[::-1]

    def inbound(self) -> tuple[Inbound, ...]:
        """Return what was sent from all phones."""
        return tuple(self._inbound.values())
