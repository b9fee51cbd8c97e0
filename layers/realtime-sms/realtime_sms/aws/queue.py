"""The send queue and its dead-letter queue, as the sender uses them."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import batched
from typing import TYPE_CHECKING, Any, Self

from botocore.exceptions import BotoCoreError, ClientError

from realtime_sms.aws.dead_letters import DeadLetters
from realtime_sms.aws.logging import logger
from realtime_sms.aws.metrics import Metric, counters

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_BATCH = 10  # entries a ChangeMessageVisibilityBatch takes
_LONGEST_VISIBILITY = 43_000  # seconds; SQS allows twelve hours from the receipt


@dataclass(frozen=True, slots=True)
class QueueMessage:
    """One message as the event source mapping hands it over; sent at this epoch second, where that is told."""

    message_id: str
    receipt_handle: str = field(repr=False)
    body: str = field(repr=False)
    receive_count: int
    sent_at: float | None = None

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> Self:
        """Read one record of a Lambda SQS event."""
        told = record.get("attributes", {})
        received = int(told.get("ApproximateReceiveCount", 1))
        sent_at = int(told["SentTimestamp"]) / 1000 if "SentTimestamp" in told else None
        return cls(record["messageId"], record["receiptHandle"], record["body"], received, sent_at)


class SendQueue:
    """Leaves messages for later, and moves those that can never be sent to the dead-letter queue."""

    def __init__(self, client: "SQSClient", url: str, dead_letter_url: str) -> None:
        self._client = client
        self._url = url
        self._dead_letters = DeadLetters(client, dead_letter_url)

    def postpone(self, delays: Sequence[tuple[QueueMessage, int]]) -> None:
        """Make each message visible again after so many seconds.

        Where that fails the queue's own visibility timeout holds, which only costs time; so it is logged, not raised.
        """
        for message, _ in delays:
            if message.sent_at is not None:
                counters.highest(Metric.WAITING_AGE, max(0, round(time.time() - message.sent_at)))
        for some in batched(delays, _BATCH, strict=False):
            entries: Any = [
                {
                    "Id": str(number),
                    "ReceiptHandle": message.receipt_handle,
                    "VisibilityTimeout": max(0, min(seconds, _LONGEST_VISIBILITY)),
                }
                for number, (message, seconds) in enumerate(some)
            ]
            try:
                reply = self._client.change_message_visibility_batch(QueueUrl=self._url, Entries=entries)
            except (ClientError, BotoCoreError) as error:
                logger.warning(
                    "visibility not changed", extra={"error": type(error).__name__, "messages": len(entries)}
                )
                continue
            for failed in reply.get("Failed", []):
                logger.warning("visibility not changed", extra={"error": failed["Code"], "messages": 1})

    def dead_letter(self, message: QueueMessage, *, reason: str, detail: str, request_id: str) -> None:
        """Put a copy of the message on the dead-letter queue, with why; the caller acknowledges the original.

        Raises:
            ClientError, BotoCoreError: it is not there, and the original must stay.

        """
        self._dead_letters.put(message.body, reason=reason, detail=detail, request_id=request_id)
