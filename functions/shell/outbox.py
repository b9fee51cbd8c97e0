"""The send queue, as one who publishes to it sees it."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


def message(request: Mapping[str, object]) -> str:
    """Write a request as a queue message.

    U+FFFE and U+FFFF are escaped, because SQS takes neither as a character. Nothing else grows, so that a request
    takes no more room in the queue than where it came from.
    """
    written = json.dumps(request, ensure_ascii=False, separators=(",", ":"))
    return written.replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")


class QueueUnavailableError(RuntimeError):
    """The queue did not say that it took the message; it may have."""


class Outbox:
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
