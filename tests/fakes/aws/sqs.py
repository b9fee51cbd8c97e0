"""SQS with the send queue and the dead-letter queue in memory: each method is an operation of its JSON protocol.

Its limits are those of the template and of SQS (SQS Developer Guide, *message quotas*).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from tests.fakes.aws.errors import Refused
from tests.template.rendered import rendered

SEND_QUEUE, PROMOTIONAL_QUEUE, DEAD_LETTERS = "http://sqs/send", "http://sqs/promotional", "http://sqs/dead"
ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MOST_ATTRIBUTES = 10


@cache
def largest(queue: str) -> int:
    """Return the bytes that one of the template's queues takes."""
    return int(rendered()[queue]["Properties"]["MaximumMessageSize"])


@dataclass(frozen=True)
class DeadLetter:
    """One message on the dead-letter queue."""

    body: str
    attributes: Mapping[str, str]


class FakeSqs:
    """The messages of both queues: `letters` as SQS returns them, by receipt handle; `sent` are bodies."""

    def __init__(self) -> None:
        super().__init__()
        self.dead_letter_queue = DEAD_LETTERS
        self.letters: dict[str, dict[str, Any]] = {}
        self.sent: list[str] = []
        self.postponed: dict[str, int] = {}  # seconds, by receipt handle
        self._hidden: set[str] = set()
        self._messages = 0

    def dead_letters(self) -> list[DeadLetter]:
        """Return what is on the dead-letter queue."""
        return [DeadLetter(one["Body"], _texts(one["MessageAttributes"])) for one in self.letters.values()]

    def show_letters(self) -> None:
        """Let letters that were received be received again."""
        self._hidden.clear()

    def SendMessage(self, request: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802 (AWS's name, as below)
        """Put a message on either queue."""
        to_dead_letters = request["QueueUrl"] == self.dead_letter_queue
        attributes = request.get("MessageAttributes", {})
        _check(request["MessageBody"], _texts(attributes), "DeadLetterQueue" if to_dead_letters else "SendQueue")
        self._messages += 1
        name = f"letter-{self._messages}"
        if to_dead_letters:
            message = {"MessageId": name, "ReceiptHandle": name, "Body": request["MessageBody"]}
            self.letters[name] = {**message, "MessageAttributes": attributes}
        else:
            self.sent.append(request["MessageBody"])
        return {"MessageId": name}

    def ReceiveMessage(self, _request: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        """Return the letters that were not received yet, and hide them."""
        found = [letter for name, letter in self.letters.items() if name not in self._hidden]
        self._hidden.update(self.letters)
        return {"Messages": found}

    def DeleteMessage(self, request: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        """Take a letter out."""
        self.letters.pop(request["ReceiptHandle"], None)
        return {}

    def ChangeMessageVisibilityBatch(self, request: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        """Note for how long each message is hidden; a letter with 0 may be received again."""
        changed = {one["ReceiptHandle"]: one["VisibilityTimeout"] for one in request["Entries"]}
        self.postponed |= changed
        self._hidden -= {name for name, seconds in changed.items() if seconds == 0}
        return {"Successful": []}

    def GetQueueAttributes(self, request: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        """Count the letters."""
        return {"Attributes": dict.fromkeys(request["AttributeNames"], str(len(self.letters)))}


def _texts(attributes: Mapping[str, Any]) -> dict[str, str]:
    return {name: one["StringValue"] for name, one in attributes.items()}


def _check(body: str, attributes: Mapping[str, str], queue: str) -> None:
    """Refuse what SQS refuses; an attribute counts with its name and its type."""
    texts = [body, *attributes.values()]
    size = sum(len(text.encode()) for text in (*texts, *attributes, *["String"] * len(attributes)))
    if size > largest(queue) or len(attributes) > _MOST_ATTRIBUTES or not all(texts):
        raise Refused("InvalidParameterValue")
    if any(map(ILLEGAL.search, texts)):
        raise Refused("InvalidMessageContents")
