"""The AWS that the send function's handler talks to: it keeps what it is told, within AWS's own limits.

It stands where botocore would sign and send a call, which is checked and written by botocore as always.
Sources: SQS Developer Guide, *message quotas*; DynamoDB Developer Guide, *item size*.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.awsrequest import AWSResponse, HTTPHeaders

from local.model_checker.table import Items, Statement, fields, frozen, perform, thawed, value_of
from realtime_sms.vocabulary import Status
from tests.template.rendered import rendered

LARGEST_MESSAGE = rendered()["SendQueue"]["Properties"]["MaximumMessageSize"]
LARGEST_LETTER = rendered()["DeadLetterQueue"]["Properties"]["MaximumMessageSize"]
TOKEN = "local-token"
PAST = ("S", "2020-01-01T00:00:00.000Z")
ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LARGEST_ITEM = 400 * 1024
_MOST_ATTRIBUTES = 10


@dataclass(frozen=True)
class DeadLetter:
    """One message on the dead-letter queue."""

    body: str
    attributes: Mapping[str, str]


class RefusedError(Exception):
    """AWS would have refused the call; the text is the code of its error."""


class FakeAws:
    """DynamoDB, SQS and Secrets Manager, as far as the send function uses them."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.items: Items = {}
        self.letters: list[DeadLetter] = []
        self.claims = 0

    def respond(self, model: Any, params: Mapping[str, Any], **_: object) -> tuple[AWSResponse, Mapping[str, Any]]:  # noqa: ANN401 (botocore's model of an operation)
        """Answer in the place of the network, as botocore's event `before-call` allows."""
        try:
            status, answer = 200, _OPERATIONS[model.name](self, json.loads(params["body"]))
        except RefusedError as error:
            status, answer = 400, {"Error": {"Code": str(error), "Message": ""}}
        return AWSResponse(params["url"], status, HTTPHeaders(), None), answer

    def reasons(self, request_id: str) -> dict[str, Any]:
        """Give the reason of each item under a request id, by sort key."""
        return {key[1]: fields(item).get("reason") for key, item in self.items.items() if key[0] == request_id}

    def _put(self, call: Mapping[str, Any]) -> dict[str, Any]:
        item = call["Item"]
        if len(json.dumps(item, ensure_ascii=False).encode()) > _LARGEST_ITEM or not item["requestId"]["S"]:
            raise RefusedError("ValidationException")
        self.items[item["requestId"]["S"], item["recipient"]["S"]] = frozen(item)
        return {}

    def _get(self, call: Mapping[str, Any]) -> dict[str, Any]:
        ((table, wanted),) = call["RequestItems"].items()
        keys = [(key["requestId"]["S"], key["recipient"]["S"]) for key in wanted["Keys"]]
        return {"Responses": {table: [thawed(self.items[key]) for key in keys if key in self.items]}}

    def _execute(self, call: Mapping[str, Any]) -> dict[str, Any]:
        responses = []
        for one in call["Statements"]:
            done = perform(self.items, Statement(one["Statement"], tuple(map(value_of, one["Parameters"]))))
            if done.after is not None:
                self.items[done.key] = done.after
                self.claims += fields(done.after)["status"] == Status.SENDING
            responses.append({"Error": {"Code": done.code}} if done.code else {})
        return {"Responses": responses}

    def _send(self, call: Mapping[str, Any]) -> dict[str, Any]:
        attributes = {name: one["StringValue"] for name, one in call.get("MessageAttributes", {}).items()}
        texts = [call["MessageBody"], *attributes.values()]
        size = sum(len(text.encode()) for text in (*texts, *attributes, *["String"] * len(attributes)))
        if size > LARGEST_LETTER or len(attributes) > _MOST_ATTRIBUTES or not all(texts):
            raise RefusedError("InvalidParameterValue")
        if any(map(ILLEGAL.search, texts)):
            raise RefusedError("InvalidMessageContents")
        self.letters.append(DeadLetter(call["MessageBody"], attributes))
        return {"MessageId": "1"}

    def _trip(self, call: Mapping[str, Any]) -> dict[str, Any]:
        """Open a breaker; nothing else of an item is updated by a send function that has no rate limit."""
        values = call["ExpressionAttributeValues"]
        key = call["Key"]
        told = {"reason": values[":reason"], "since": values[":now"], "times": values[":one"]}
        self.items[key["requestId"]["S"], key["recipient"]["S"]] = frozen({**key, **told})
        return {}

    def make_due(self) -> None:
        """Let the time come of all that waits."""
        for key, item in self.items.items():
            self.items[key] = tuple((name, PAST if name == "dueAt" else value) for name, value in item)


def _token(_aws: FakeAws, _call: Mapping[str, Any]) -> dict[str, Any]:
    return {"SecretString": json.dumps({"access_token": TOKEN})}


def _done(_aws: FakeAws, _call: Mapping[str, Any]) -> dict[str, Any]:
    return {}


_OPERATIONS: Mapping[str, Callable[[FakeAws, Mapping[str, Any]], dict[str, Any]]] = {
    "PutItem": FakeAws._put,
    "UpdateItem": FakeAws._trip,
    "BatchGetItem": FakeAws._get,
    "BatchExecuteStatement": FakeAws._execute,
    "SendMessage": FakeAws._send,
    "GetSecretValue": _token,
    "ChangeMessageVisibilityBatch": _done,
    "Invoke": _done,  # of the refresh function, which finds the token as good as any
}
