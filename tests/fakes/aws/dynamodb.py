"""DynamoDB with one table in memory: each method is an operation of its JSON protocol.

It knows the expressions that the layer uses, and the limit of an item (DynamoDB Developer Guide, *item size*).
"""

import json
from collections.abc import Mapping
from typing import Any

from local.model_checker.table import Item, Items, Key, Statement, fields, frozen, key_of, perform, thawed, value_of
from realtime_sms.aws.table import LANES
from realtime_sms.vocabulary import Status
from tests.fakes.aws.errors import Refused

_CONFLICT = "ConditionalCheckFailedException"
_LARGEST_ITEM = 400 * 1024


class FakeDynamoDb:
    """The table's items by key; `claims` counts the submissions that were written as `sending`."""

    def __init__(self) -> None:
        super().__init__()
        self.items: Items = {}
        self.claims = 0

    def reasons(self, request_id: str) -> dict[str, Any]:
        """Return the reason of each item under a request id, by sort key."""
        return {key[1]: fields(item).get("reason") for key, item in self.items.items() if key[0] == request_id}

    def set_all(self, attribute: str, text: str) -> None:
        """Set this value in every item that has the attribute."""
        for key, item in self.items.items():
            self.items[key] = tuple((name, ("S", text) if name == attribute else value) for name, value in item)

    def BatchExecuteStatement(self, request: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802 (AWS's name, as below)
        """Execute each statement by itself."""
        answers: list[dict[str, Any]] = []
        for one in request["Statements"]:
            table = {"TableName": one["Statement"].split('"')[1]}
            written = perform(self.items, Statement(one["Statement"], tuple(map(value_of, one["Parameters"]))))
            if not written.code and written.after is not None:
                self.items[written.key] = written.after
                self.claims += fields(written.after).get("status") == Status.SENDING
            answers.append({"Error": {"Code": written.code}, **table} if written.code else table)
        return {"Responses": answers}

    def BatchGetItem(self, request: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        """Return the items that exist."""
        [(table, wanted)] = request["RequestItems"].items()
        keys = [_key(key) for key in wanted["Keys"]]
        return {"Responses": {table: [thawed(self.items[key]) for key in keys if key in self.items]}}

    def PutItem(self, request: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        """Put a note, or take the lock."""
        item = frozen(request["Item"])
        if len(json.dumps(request["Item"], ensure_ascii=False).encode()) > _LARGEST_ITEM or not all(key_of(item)):
            raise Refused("ValidationException")
        if "ConditionExpression" in request and (held := self.items.get(key_of(item))):
            values = request["ExpressionAttributeValues"]
            mine = fields(held)["owner"] == values[":owner"]["S"]
            if not (mine or float(fields(held)["heldUntil"]) < float(values[":now"]["N"])):
                raise Refused(_CONFLICT)
        self.items[key_of(item)] = item
        return {}

    def DeleteItem(self, request: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        """Free the lock."""
        held, values = self.items.get(_key(request["Key"])), request["ExpressionAttributeValues"]
        if held is None or fields(held)["owner"] != values[":owner"]["S"]:
            raise Refused(_CONFLICT)
        del self.items[_key(request["Key"])]
        return {}

    def UpdateItem(self, request: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        """Open a breaker that is not open, probe one, or close one; note a lane; or count segments of a day."""
        key, values = _key(request["Key"]), request["ExpressionAttributeValues"]
        held = dict(self.items.get(key, ()))
        if ":most" in values:
            used = int(str(held.get("used", ("N", "0"))[1]))
            if used > int(values[":most"]["N"]):
                raise Refused(_CONFLICT)
            held |= {"requestId": ("S", key[0]), "recipient": ("S", key[1])}
            held["used"] = ("N", str(used + int(values[":number"]["N"])))
        elif key[0] == LANES:  # the reasons, a list, are left out
            held = {"requestId": ("S", key[0]), "recipient": ("S", key[1])}
            held |= {"closedSince": value_of(values[":now"])} if ":now" in values else {}
        elif ":calm" in values:
            if held.pop("since", None) != value_of(values[":since"]):
                raise Refused(_CONFLICT)
            held["calmAt"] = value_of(values[":calm"])
        elif ":probed" in values:
            if (held.get("since"), held.get("times")) != (value_of(values[":since"]), value_of(values[":times"])):
                raise Refused(_CONFLICT)
            held |= {"times": value_of(values[":more"]), "probedAt": value_of(values[":probed"])}
        elif "since" in held or ("calmAt > :now" in request["ConditionExpression"] and _is_calm(held, values)):
            raise Refused(_CONFLICT)
        else:
            held |= {"requestId": ("S", key[0]), "recipient": ("S", key[1]), "times": ("N", "1")}
            held |= {"since": value_of(values[":now"]), "reason": value_of(values[":reason"])}
        self.items[key] = tuple(sorted(held.items()))
        return {}

    def Query(self, request: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        """Return the overdue submissions of one shard."""
        shard, now = (request["ExpressionAttributeValues"][name]["S"] for name in (":shard", ":now"))
        found: list[Item] = [item for item in self.items.values() if fields(item).get("openShard") == shard]
        return {"Items": [thawed(item) for item in found if fields(item)["openUntil"] < now]}

    def Scan(self, _request: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        """Count the submissions that wait for a report with an unknown id."""
        return {"Count": sum("untracedRecipient" in fields(item) for item in self.items.values())}


def _key(key: Mapping[str, Any]) -> Key:
    return key["requestId"]["S"], key["recipient"]["S"]


def _is_calm(held: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    return "calmAt" in held and float(held["calmAt"][1]) <= float(values[":now"]["N"])
