"""What tests of the send function's parts share: a clock, messages, claimed submissions, and an accepting reply."""

import json
from typing import Any

from realtime_sms.encoding.text import encode
from realtime_sms.outcomes.submission import Submission
from realtime_sms.provider.calls import Reply
from realtime_sms.requests.prepare import Message
from realtime_sms.vocabulary import MessageType, Status
from send.admission import Clock

START = 1_000.0  # epoch seconds
INVOCATION = 60.0
LEASE_UNTIL = START + INVOCATION + 5
NUMBERS = tuple(f"+569{number:08}" for number in range(1, 11))
_SUBMITTED = {"status": "submitted", "submissionId": "4193366853543393"}
ACCEPTED_REPLY = Reply(200, json.dumps({"submissions": [_SUBMITTED]}).encode())  # to a call for one recipient


class VirtualClock(Clock):
    """A minute of an invocation, which passes only in sleep; the wall clock may run on by itself, as in a freeze."""

    def __init__(self) -> None:
        self.at = START
        self.frozen = 0.0

    def now(self) -> float:
        """Return the epoch seconds."""
        return self.at + self.frozen

    def remaining(self) -> float:
        """Return the seconds of the minute that are left."""
        return START + INVOCATION - self.at

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.at += seconds

    def jitter(self) -> float:
        """Return 0: no delay varies."""
        return 0


def message_to(
    *numbers: str,
    request_id: str = "r-1",
    expires_at: float | None = None,
    message_type: MessageType = MessageType.TRANSACTIONAL,
) -> Message:
    """Make a message."""
    return Message(
        request_id=request_id,
        recipients=numbers,
        content_hash="hash",
        sender="96000",
        encoded=encode("a"),
        expires_at=expires_at,
        message_type=message_type,
    )


def claimed(message: Message, *, lease_until: float = LEASE_UNTIL) -> list[Submission]:
    """Return a message's submissions as they are once they are claimed."""
    return [
        Submission(
            request_id=message.request_id,
            recipient=one,
            content_hash=message.content_hash,
            status=Status.SENDING,
            attempt=1,
            owner="owner",
            lease_until=lease_until,
            created_at=START,
            updated_at=START,
        )
        for one in message.recipients
    ]


def record_of(body: str, message_id: str, *, received: int = 1) -> dict[str, Any]:
    """Write a record as the event source mapping does."""
    return {
        "messageId": message_id,
        "receiptHandle": message_id,
        "body": body,
        "attributes": {"ApproximateReceiveCount": str(received)},
    }
