"""The dead-letter queue: what is in it and why, and taking letters out again."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_BATCH = 10  # messages a ReceiveMessage gives


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
        attributes = {name: written.get(name, {}).get("StringValue", "") for name in ("reason", "detail", "requestId")}
        return cls(
            message["MessageId"],
            message["ReceiptHandle"],
            message["Body"],
            attributes["reason"],
            attributes["detail"],
            attributes["requestId"] or message["MessageId"],
            int(message.get("Attributes", {}).get("SentTimestamp", 0)) / 1000,
        )


class DeadLetters:
    """The dead-letter queue; its methods raise what boto3 raises."""

    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url

    def receive(self, *, batches: int, hidden: int, wait: int = 0) -> Iterator[DeadLetter]:
        """Give letters until the queue shows no more, at most `batches` of ten; each is `hidden` so many seconds.

        Without a `wait` (seconds) SQS asks only some of its servers, and may show none of a few letters that there are.
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
        """Say how many letters there are, about; those that are hidden just now are among them."""
        names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        attributes = self._client.get_queue_attributes(QueueUrl=self._url, AttributeNames=names)["Attributes"]
        return sum(int(attributes[name]) for name in names)

    def put(self, body: str, *, reason: str, detail: str, request_id: str) -> None:
        """Put a message's body here, with why."""
        attributes = {"reason": reason, "detail": detail, "requestId": request_id}
        self._client.send_message(
            QueueUrl=self._url,
            MessageBody=body,
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
            },
        )

    def annotate(self, letter: DeadLetter, *, reason: str, detail: str, request_id: str) -> None:
        """Replace a letter by one that says why it is here."""
        self.put(letter.body, reason=reason, detail=detail, request_id=request_id)
        self.remove(letter)

    def remove(self, letter: DeadLetter) -> None:
        """Take a letter out."""
        self._client.delete_message(QueueUrl=self._url, ReceiptHandle=letter.receipt_handle)
