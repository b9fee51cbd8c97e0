"""The part of AWS that the functions use, in memory: what each operation does to tables, queues and secrets."""

import json
from collections.abc import Mapping
from typing import Any

from local.model_checker.table import Item, Key, Statement, fields, frozen, key_of, perform, thawed, value_of

SEND_QUEUE, DEAD_LETTERS = "http://sqs/send", "http://sqs/dead"
FAILED = "ConditionalCheckFailedException"


class Refused(Exception):  # noqa: N818 (an answer of AWS, not a fault of the test)
    """AWS answers with an error code."""


class Aws:
    """Items, letters and secrets; each method is an operation of AWS's JSON protocols."""

    def __init__(self) -> None:
        self.items: dict[Key, Item] = {}
        self.letters: dict[str, dict[str, Any]] = {}
        self.secrets: dict[str, str] = {}
        self.sent: list[str] = []
        self._hidden: set[str] = set()
        self._numbers = 0

    def answer(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Carry out an operation.

        Raises:
            Refused: a condition does not hold.

        """
        answer: dict[str, Any] = getattr(self, operation)(request)
        return answer

    def BatchExecuteStatement(self, request: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802 (AWS's name, as below)
        """Execute statements, each for itself."""
        answers: list[dict[str, Any]] = []
        for one in request["Statements"]:
            written = perform(self.items, Statement(one["Statement"], tuple(map(value_of, one["Parameters"]))))
            if not written.code and written.after is not None:
                self.items[written.key] = written.after
            answers.append({"Error": {"Code": written.code}} if written.code else {})
        return {"Responses": answers}

    def BatchGetItem(self, request: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        """Give the items that there are."""
        [(table, wanted)] = request["RequestItems"].items()
        keys = [_key(key) for key in wanted["Keys"]]
        return {"Responses": {table: [thawed(self.items[key]) for key in keys if key in self.items]}}

    def PutItem(self, request: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        """Put a note, or take the lock."""
        item = frozen(request["Item"])
        held, values = self.items.get(key_of(item)), request.get("ExpressionAttributeValues", {})
        if held and "ConditionExpression" in request:
            mine = fields(held)["owner"] == values[":owner"]["S"]
            if not (mine or float(fields(held)["heldUntil"]) < float(values[":now"]["N"])):
                raise Refused(FAILED)
        self.items[key_of(item)] = item
        return {}

    def DeleteItem(self, request: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        """Free the lock."""
        held, values = self.items.get(_key(request["Key"])), request["ExpressionAttributeValues"]
        if held is None or fields(held)["owner"] != values[":owner"]["S"]:
            raise Refused(FAILED)
        del self.items[_key(request["Key"])]
        return {}

    def UpdateItem(self, request: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        """Open a breaker that is not open, or close one."""
        key, values = _key(request["Key"]), request["ExpressionAttributeValues"]
        held = dict(self.items.get(key, ()))
        if ":calm" in values:
            if held.pop("since", None) != value_of(values[":since"]):
                raise Refused(FAILED)
            held["calmAt"] = value_of(values[":calm"])
        elif "since" in held or ("calmAt > :now" in request["ConditionExpression"] and _calm(held, values)):
            raise Refused(FAILED)
        else:
            held |= {"requestId": ("S", key[0]), "recipient": ("S", key[1]), "times": ("N", "1")}
            held |= {"since": value_of(values[":now"]), "reason": value_of(values[":reason"])}
        self.items[key] = tuple(sorted(held.items()))
        return {}

    def Query(self, request: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        """Give the keys of one shard's overdue submissions."""
        shard, now = (request["ExpressionAttributeValues"][name]["S"] for name in (":shard", ":now"))
        found = [item for item in self.items.values() if fields(item).get("openShard") == shard]
        return {"Items": [thawed(item) for item in found if fields(item)["openUntil"] < now]}

    def Scan(self, _request: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        """Count what nobody knows the fate of."""
        return {"Count": sum("untracedRecipient" in fields(item) for item in self.items.values())}

    def GetSecretValue(self, request: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        """Give a secret."""
        return {"SecretString": self.secrets[request["SecretId"]]}

    def PutSecretValue(self, request: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        """Keep a secret."""
        self.secrets[request["SecretId"]] = request["SecretString"]
        return {}

    def SendMessage(self, request: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        """Put a letter on the dead-letter queue; what goes to the send queue is kept in `sent`."""
        self._numbers += 1
        name = f"letter-{self._numbers}"
        if request["QueueUrl"] != DEAD_LETTERS:
            self.sent.append(request["MessageBody"])
            return {"MessageId": name}
        self.letters[name] = {
            "MessageId": name,
            "ReceiptHandle": name,
            "Body": request["MessageBody"],
            "MessageAttributes": request.get("MessageAttributes", {}),
        }
        return {"MessageId": name}

    def ReceiveMessage(self, _request: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        """Give the letters that were not received yet, and hide them."""
        found = [letter for name, letter in self.letters.items() if name not in self._hidden]
        self._hidden.update(self.letters)
        return {"Messages": found}

    def show_letters(self) -> None:
        """Let those be seen again that were received."""
        self._hidden.clear()

    def DeleteMessage(self, request: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        """Take a letter out."""
        self.letters.pop(request["ReceiptHandle"], None)
        return {}

    def ChangeMessageVisibilityBatch(self, _request: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        """Say yes."""
        return {"Successful": []}

    def GetQueueAttributes(self, request: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        """Count the letters."""
        return {"Attributes": dict.fromkeys(request["AttributeNames"], str(len(self.letters)))}


def encoded(answer: Mapping[str, Any]) -> bytes:
    """Write an answer as AWS does."""
    return json.dumps(answer).encode()


def _key(key: Mapping[str, Any]) -> Key:
    return key["requestId"]["S"], key["recipient"]["S"]


def _calm(held: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    return "calmAt" in held and float(held["calmAt"][1]) <= float(values[":now"]["N"])
