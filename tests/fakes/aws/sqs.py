"""SQS with the send queue and the dead-letter queue in memory: each method is an operation of its JSON protocol.

Its limits are those of the template and of SQS (SQS Developer Guide, *message quotas*).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from realtime_sms.vocabulary import MessageType
from tests.fakes.aws.errors import Refused
from tests.template.rendered import rendered

SEND_QUEUE, PROMOTIONAL_QUEUE, DEAD_LETTERS = "http://sqs/send", "http://sqs/promotional", "http://sqs/dead"
QUEUE_URLS = {MessageType.TRANSACTIONAL: SEND_QUEUE, MessageType.PROMOTIONAL: PROMOTIONAL_QUEUE}
ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MOST_ATTRIBUTES = _MOST_OF_A_CALL = 10
_LONGEST_WAIT, _LONGEST_VISIBILITY = 20, 43_200  # seconds
_LARGEST_BATCH = 1_048_576  # bytes
_SQS = "AWS.SimpleQueueService."  # how its own error codes begin


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
    """The messages of the queues: `letters` as SQS returns them, by receipt handle; `sent` are bodies.

    `groups` has the queue's URL and the message group of each body that was sent.
    """

    def __init__(self) -> None:
        super().__init__()
        self.dead_letter_queue = DEAD_LETTERS
        self.letters: dict[str, dict[str, Any]] = {}
        self.sent: list[str] = []
        self.groups: list[tuple[str, str | None]] = []
        self.full = False  # the queues take no message of a batch
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
        """Put a message on a queue."""
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
            self.groups.append((request["QueueUrl"], request.get("MessageGroupId")))
        return {"MessageId": name}

    def SendMessageBatch(self, request: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        """Put each message on a queue by itself."""
        check_batch(request["Entries"])
        taken, failed = [], []
        for one in request["Entries"]:
            if self.full:
                failed.append({"Id": one["Id"], "Code": "InternalError", "SenderFault": False})
                continue
            try:
                sent = self.SendMessage({"QueueUrl": request["QueueUrl"], **one})
                taken.append({"Id": one["Id"], **sent})
            except Refused as error:
                failed.append({"Id": one["Id"], "Code": str(error), "SenderFault": True})
        return {"Successful": taken, "Failed": failed}

    def ReceiveMessage(self, request: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        """Return letters that were not received yet, one unless more are asked for, and hide them."""
        most = request.get("MaxNumberOfMessages", 1)
        if not 1 <= most <= _MOST_OF_A_CALL or not 0 <= request.get("WaitTimeSeconds", 0) <= _LONGEST_WAIT:
            raise Refused("InvalidParameterValue")
        found = [name for name in self.letters if name not in self._hidden][:most]
        self._hidden.update(found)
        return {"Messages": [self.letters[name] for name in found]}

    def DeleteMessage(self, request: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        """Take a letter out."""
        self.letters.pop(request["ReceiptHandle"], None)
        return {}

    def ChangeMessageVisibilityBatch(self, request: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        """Note for how long each message is hidden; a letter with 0 may be received again."""
        check_batch(request["Entries"])
        good = [one for one in request["Entries"] if 0 <= one["VisibilityTimeout"] <= _LONGEST_VISIBILITY]
        changed = {one["ReceiptHandle"]: one["VisibilityTimeout"] for one in good}
        self.postponed |= changed
        self._hidden -= {name for name, seconds in changed.items() if seconds == 0}
        return {
            "Successful": [{"Id": one["Id"]} for one in good],
            "Failed": [
                {"Id": one["Id"], "Code": "InvalidParameterValue", "SenderFault": True}
                for one in request["Entries"]
                if one not in good
            ],
        }

    def GetQueueAttributes(self, request: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        """Count the letters."""
        return {"Attributes": dict.fromkeys(request["AttributeNames"], str(len(self.letters)))}


def check_batch(entries: Sequence[Mapping[str, Any]]) -> None:
    """Refuse a batch that SQS refuses as a whole."""
    ids = [one["Id"] for one in entries]
    if not ids:
        raise Refused(f"{_SQS}EmptyBatchRequest")
    if len(ids) > _MOST_OF_A_CALL:
        raise Refused(f"{_SQS}TooManyEntriesInBatchRequest")
    if not all(re.fullmatch(r"[\w-]{1,80}", name, re.ASCII) for name in ids):
        raise Refused(f"{_SQS}InvalidBatchEntryId")
    if len(set(ids)) < len(ids):
        raise Refused(f"{_SQS}BatchEntryIdsNotDistinct")
    if (
        sum(_size(one.get("MessageBody", ""), _texts(one.get("MessageAttributes", {}))) for one in entries)
        > _LARGEST_BATCH
    ):
        raise Refused(f"{_SQS}BatchRequestTooLong")


def _texts(attributes: Mapping[str, Any]) -> dict[str, str]:
    return {name: one["StringValue"] for name, one in attributes.items()}


def _check(body: str, attributes: Mapping[str, str], queue: str) -> None:
    """Refuse what SQS refuses."""
    if not body:
        raise Refused("MissingParameter")
    texts = [body, *attributes.values()]
    if _size(body, attributes) > largest(queue) or len(attributes) > _MOST_ATTRIBUTES or not all(texts):
        raise Refused("InvalidParameterValue")
    if any(map(ILLEGAL.search, texts)):
        raise Refused("InvalidMessageContents")


def _size(body: str, attributes: Mapping[str, str]) -> int:
    """Return the bytes of a message; an attribute counts with its name and its type."""
    types = ["String"] * len(attributes)
    return sum(len(text.encode()) for text in (body, *attributes.values(), *attributes, *types))
