"""The send queue, as one who publishes to it sees it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_THROTTLING = frozenset({"ThrottlingException", "Throttling", "RequestThrottled", "KmsThrottled"})


def message(request: Mapping[str, object]) -> str:
    """Write a request as a queue message.

    U+FFFE and U+FFFF are escaped, because SQS takes neither as a character. Nothing else grows, so that a request
    takes no more room in the queue than where it came from.
    """
    written = json.dumps(request, ensure_ascii=False, separators=(",", ":"))
    return written.replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")


class QueueUnavailableError(RuntimeError):
    """The queue did not say that it took the message; it may have."""

    @property
    def for_good(self) -> bool:
        """Say whether asking again would be answered the same, as where a permission is missing."""
        cause = self.__cause__
        if not isinstance(cause, ClientError):
            return False
        status = cause.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        theirs = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
        return theirs and cause.response["Error"]["Code"] not in _THROTTLING


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the queue did not take one message of a batch; `for_good` if the fault is the message's."""

    code: str
    for_good: bool


class Producer:
    """Where send requests are published."""

    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url

    def publish(self, body: str) -> None:
        """Put a request on the queue.

        Raises:
            QueueUnavailableError: the queue did not say that it took it.

        """
        try:
            self._client.send_message(QueueUrl=self._url, MessageBody=body)
        except (ClientError, BotoCoreError) as error:
            raise QueueUnavailableError(type(error).__name__) from error

    def publish_batch(self, bodies: Sequence[str]) -> list[Refusal | None]:
        """Put up to ten requests on the queue; give for each None, or why it was not taken.

        Raises:
            QueueUnavailableError: the queue did not say which it took.

        """
        entries: Any = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies)]
        try:
            reply = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)
        except (ClientError, BotoCoreError) as error:
            raise QueueUnavailableError(type(error).__name__) from error
        failed = {int(one["Id"]): Refusal(one["Code"], one["SenderFault"]) for one in reply.get("Failed", [])}
        return [failed.get(number) for number in range(len(bodies))]
