"""The queues: publishing by message type, putting off, and dead letters with their reasons."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import batched
from typing import TYPE_CHECKING, Any, Self

from botocore.exceptions import BotoCoreError, ClientError

from realtime_sms.aws.telemetry import Metric, counters, logger
from realtime_sms.requests.envelope import unwrap
from realtime_sms.requests.errors import InvalidInputError
from realtime_sms.vocabulary import MessageType

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_BATCH = 10  # messages of one call
_LONGEST_VISIBILITY = 43_000  # seconds; SQS allows twelve hours from the receipt
_THROTTLING = frozenset({"ThrottlingException", "Throttling", "RequestThrottled", "KmsThrottled"})


class QueueUnavailableError(RuntimeError):
    """The queue did not confirm the message; it may have taken it."""

    @property
    def for_good(self) -> bool:
        """Return True if another try would fail too, for example because a permission is missing."""
        cause = self.__cause__
        if not isinstance(cause, ClientError):
            return False
        status = cause.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        theirs = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
        return theirs and cause.response["Error"]["Code"] not in _THROTTLING


def as_body(request: Mapping[str, object]) -> str:
    """Write a request as the body of a queue message.

    U+FFFE and U+FFFF are escaped, because SQS takes neither as a character. Nothing else grows, so that a request
    takes no more room in the queue than where it came from.
    """
    written = json.dumps(request, ensure_ascii=False, separators=(",", ":"))
    return written.replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")


def with_request_id(body: str, request_id: str) -> str:
    """Return the request without its envelopes and with its id; a body that is not a request stays as it is."""
    try:
        payload, _ = unwrap(body)
    except InvalidInputError:
        return body
    return as_body(payload | {"requestId": request_id})


@dataclass(frozen=True, slots=True)
class NotTaken:
    """Why the queue did not take one message of a batch; `for_good` if the fault is the message's."""

    code: str
    for_good: bool


class Producer:
    """Publishes send requests, each message type to its own queue.

    Messages of one campaign are one message group: SQS's fair queues share a queue between its groups.

    Raises, from either method:
        QueueUnavailableError: the queue did not say what it took.
    """

    def __init__(self, client: "SQSClient", urls: Mapping[MessageType, str]) -> None:
        self._client = client
        self._urls = urls

    def publish(self, body: str, message_type: MessageType, campaign: str | None) -> None:
        """Publish one request."""
        try:
            self._client.send_message(QueueUrl=self._urls[message_type], MessageBody=body, **_group(campaign))
        except (ClientError, BotoCoreError) as error:
            raise QueueUnavailableError(type(error).__name__) from error

    def publish_batch(
        self, bodies: Sequence[str], *, message_type: MessageType, campaign: str | None
    ) -> list[NotTaken | None]:
        """Publish up to ten requests of one campaign; return for each None, or why it was not taken."""
        group = _group(campaign)
        entries: Any = [{"Id": str(number), "MessageBody": body, **group} for number, body in enumerate(bodies)]
        try:
            reply = self._client.send_message_batch(QueueUrl=self._urls[message_type], Entries=entries)
        except (ClientError, BotoCoreError) as error:
            raise QueueUnavailableError(type(error).__name__) from error
        failed = {int(one["Id"]): NotTaken(one["Code"], one["SenderFault"]) for one in reply.get("Failed", [])}
        return [failed.get(number) for number in range(len(bodies))]


def _group(campaign: str | None) -> dict[str, Any]:
    return {} if campaign is None else {"MessageGroupId": campaign}


@dataclass(frozen=True, slots=True)
class QueueMessage:
    """One message as the event source mapping hands it over; `sent_at` in epoch seconds, where it is known."""

    message_id: str
    receipt_handle: str = field(repr=False)
    body: str = field(repr=False)
    receive_count: int
    sent_at: float | None = None


class SendQueue:
    """Puts received messages off; `age` is the metric of the oldest of them."""

    def __init__(self, client: "SQSClient", url: str, *, age: Metric = Metric.WAITING_AGE) -> None:
        self._client = client
        self._url = url
        self._age = age

    def postpone(self, delays: Sequence[tuple[QueueMessage, int]]) -> None:
        """Make each message visible again after so many seconds.

        If that fails the queue's own visibility timeout holds, which only costs time; so it is logged, not raised.
        """
        for message, _ in delays:
            if message.sent_at is not None:
                counters.highest(self._age, max(0, round(time.time() - message.sent_at)))
        _change_visibility(self._client, self._url, [(message.receipt_handle, seconds) for message, seconds in delays])


def _change_visibility(client: "SQSClient", url: str, delays: Sequence[tuple[str, int]]) -> None:
    """Make messages visible again after so many seconds, by their receipt handles; log what fails."""
    for some in batched(delays, _BATCH, strict=False):
        entries: Any = [
            {
                "Id": str(number),
                "ReceiptHandle": handle,
                "VisibilityTimeout": max(0, min(seconds, _LONGEST_VISIBILITY)),
            }
            for number, (handle, seconds) in enumerate(some)
        ]
        try:
            reply = client.change_message_visibility_batch(QueueUrl=url, Entries=entries)
            failed = [one["Code"] for one in reply.get("Failed", [])]
        except (ClientError, BotoCoreError) as error:
            failed = [type(error).__name__]
        for code in failed:
            logger.warning("visibility not changed", extra={"error": code, "messages": len(entries)})


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One dead letter; `reason` is empty where SQS itself moved it, having delivered it too often."""

    message_id: str
    receipt_handle: str = field(repr=False)
    body: str = field(repr=False)
    reason: str = ""
    detail: str = ""
    request_id: str = ""
    sent_at: float = 0.0  # epoch seconds

    @classmethod
    def from_message(cls, message: Any) -> Self:  # noqa: ANN401 (as boto3 gives it)
        """Read a received message."""
        written = message.get("MessageAttributes", {})
        reason, detail, request_id = (
            written.get(name, {}).get("StringValue", "") for name in ("reason", "detail", "requestId")
        )
        sent_at = int(message.get("Attributes", {}).get("SentTimestamp", 0)) / 1000
        message_id = message["MessageId"]
        return cls(
            message_id, message["ReceiptHandle"], message["Body"], reason, detail, request_id or message_id, sent_at
        )


class DeadLetters:
    """The dead-letter queue; its methods raise what boto3 raises."""

    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url

    def receive(self, *, batches: int, hidden: int, wait: int = 0) -> Iterator[DeadLetter]:
        """Yield dead letters until the queue shows no more, at most `batches` of ten; each is `hidden` so many seconds.

        Without a `wait` (seconds) SQS asks only some of its servers, and may show none of the few that there are.
        """
        for _ in range(batches):
            reply = self._client.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=_BATCH,
                VisibilityTimeout=hidden,
                WaitTimeSeconds=wait,
                MessageAttributeNames=["All"],
                MessageSystemAttributeNames=["SentTimestamp"],
            )
            messages = reply.get("Messages", [])
            yield from map(DeadLetter.from_message, messages)
            if not messages:
                return

    def size(self) -> int:
        """Return the approximate number of dead letters, including those that are hidden now."""
        names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        attributes = self._client.get_queue_attributes(QueueUrl=self._url, AttributeNames=names)["Attributes"]
        return sum(int(attributes[name]) for name in names)

    def put(self, body: str, *, reason: str, detail: str, request_id: str) -> None:
        """Put a message's body on this queue, with the reason; the caller acknowledges the original."""
        attributes = {"reason": reason, "detail": detail, "requestId": request_id}
        self._client.send_message(
            QueueUrl=self._url,
            MessageBody=body,
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
            },
        )

    def annotate(self, dead_letter: DeadLetter, *, reason: str, detail: str, request_id: str) -> None:
        """Replace a dead letter by one that says why it is here."""
        self.put(dead_letter.body, reason=reason, detail=detail, request_id=request_id)
        self.remove(dead_letter)

    def show(self, dead_letters: Sequence[DeadLetter]) -> None:
        """Make received dead letters visible again now; log what fails, which only costs time."""
        _change_visibility(self._client, self._url, [(one.receipt_handle, 0) for one in dead_letters])

    def remove(self, dead_letter: DeadLetter) -> None:
        """Take a dead letter out."""
        self._client.delete_message(QueueUrl=self._url, ReceiptHandle=dead_letter.receipt_handle)
