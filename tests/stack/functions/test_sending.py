"""Sending on the deployed stack: every request once, whatever is published beside it and however often."""

import json
import uuid
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest

from tests.stack.deployment import COPIES, Deployment, copied_to, request_body, until

pytestmark = pytest.mark.stack

REQUESTS = 1000


def _submitted(deployed: Deployment, prefix: str) -> list[dict[str, Any]]:
    pages = deployed.dynamodb.get_paginator("scan").paginate(
        TableName=deployed.outputs["OutcomesTableName"],
        ConsistentRead=True,
        FilterExpression="begins_with(requestId, :prefix) AND #status = :submitted",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={":prefix": {"S": prefix}, ":submitted": {"S": "submitted"}},
    )
    return [item for page in pages for item in page["Items"]]


def test_a_thousand_requests_are_a_thousand_outcomes_and_one_message_on_each_handset(deployed: Deployment) -> None:
    """They are published ten a call."""
    numbers = [f"+5692100{number:04}" for number in range(REQUESTS)]
    prefix = deployed.new_id("thousand")
    deployed.publish(*(request_body(f"{prefix}.{number[1:]}", number) for number in numbers))

    def measure_current() -> list[dict[str, Any]] | None:
        found = _submitted(deployed, prefix)
        return found if len(found) == REQUESTS else None

    until(measure_current, within=90, awaited="a thousand submitted outcomes")
    inbox = Counter(message["recipient"] for message in deployed.simulator("GET", "inbox")["messages"])
    assert {number: inbox[number] for number in numbers} == dict.fromkeys(numbers, 1)


@pytest.mark.parametrize(
    ("poison", "reason"),
    [
        ('{"recipients": ["+569', "unreadable"),
        ('{"requestId": "%s", "recipients": ["+56922000000"], "message": {"text": "hello"}, "colour": 1}', "invalid"),
    ],
    ids=["no JSON", "no request"],
)
def test_poison_amid_a_batch_holds_up_nobody(deployed: Deployment, poison: str, reason: str) -> None:
    """The nine others are sent; the dead-letter queue and the table hold the poison's reason."""
    request_id = deployed.new_id("poison")
    mark = str(uuid.uuid4())
    body = (poison % request_id if "%s" in poison else poison) + f"  {mark}" * (reason == "unreadable")
    numbers = [f"+5692210{number:04}" for number in range(9)]
    bodies = [request_body(f"{request_id}.{number[1:]}", number) for number in numbers]
    ids = deployed.publish(*bodies[:4], body, *bodies[4:])
    assert {deployed.outcome(f"{request_id}.{number[1:]}")["status"] for number in numbers} == {"submitted"}
    known_as = ids[4] if reason == "unreadable" else request_id
    letter = deployed.letter(mark if reason == "unreadable" else request_id)
    assert letter.attributes["reason"].startswith(reason)
    assert letter.attributes["requestId"] == known_as
    note = deployed.note(known_as)
    assert (note["status"], note["reason"], note["detail"]) == (
        "failed",
        letter.attributes["reason"],
        letter.attributes["detail"],
    )


def test_an_id_used_again_with_other_content_is_a_conflict(deployed: Deployment) -> None:
    """Nothing of the second request is sent; its dead letter has the reason."""
    request_id = deployed.new_id("conflict")
    deployed.publish(request_body(request_id, "+56924000001", text="the first"))
    assert deployed.outcome(request_id)["status"] == "submitted"
    deployed.publish(request_body(request_id, "+56924000001", "+56924000002", text="the second"))
    assert deployed.note(request_id)["reason"] == "conflict"
    letter = deployed.letter(request_id)
    assert (letter.attributes["reason"], letter.attributes["requestId"]) == ("conflict", request_id)
    assert json.loads(letter.body)["message"] == {"text": "the second"}
    assert deployed.texts("+56924000001") == ["the first"]
    assert deployed.posts("+56924000002") == 0


@pytest.mark.parametrize("copies", COPIES)
def test_a_request_published_several_times_is_sent_once(
    deployed: Deployment, copied: Mapping[int, str], copies: int
) -> None:
    """Each recipient gets one POST over all copies, which several functions received at the same time."""
    deployed.settle()
    found = deployed.outcomes(copied[copies], 3)
    assert {item["status"] for item in found.values()} == {"submitted"}
    assert {number: deployed.posts(number) for number in found} == dict.fromkeys(copied_to(copies), 1)
