"""Which changes of an item make an event, and what it says."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from realtime_sms.aws.table import from_attribute
from realtime_sms.outcomes.event import Changed, event_of, json_schema
from realtime_sms.outcomes.submission import Submission
from realtime_sms.vocabulary import FINAL, Delivery, DeliveryReason, Status
from tests.fakes.submissions import EVERYTHING, FAILED, IN_STATE, NOW, SENDING, SUBMITTED, UNKNOWN, WAITING, item_of

DELIVERED = replace(SUBMITTED, delivery=Delivery.DELIVERED, delivery_at=NOW)
PENDING = replace(SUBMITTED, delivery=Delivery.PENDING, delivery_at=NOW)
UNDELIVERED = replace(SUBMITTED, delivery=Delivery.UNDELIVERED, delivery_at=NOW)
WHY = replace(UNDELIVERED, delivery_reason=DeliveryReason.NETWORK)
INTERNAL = {
    *("contentHash", "owner", "tries", "providerErrors", "resend"),
    *("leaseUntil", "dueAt", "expiresAt", "openShard", "openUntil", "ttl", "untracedRecipient", "askAt", "asks"),
}


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        pytest.param(SENDING, SUBMITTED, ["status"], id="submitted"),
        pytest.param(SENDING, FAILED, ["status"], id="failed"),
        pytest.param(None, FAILED, ["status"], id="failed without a call"),
        pytest.param(SENDING, UNKNOWN, ["status"], id="unknown"),
        pytest.param(UNKNOWN, SUBMITTED, ["status"], id="settled by late evidence"),
        pytest.param(SUBMITTED, PENDING, ["delivery"], id="first report"),
        pytest.param(PENDING, DELIVERED, ["delivery"], id="delivered"),
        pytest.param(UNDELIVERED, WHY, ["delivery"], id="now we know why"),
        pytest.param(UNKNOWN, DELIVERED, ["status", "delivery"], id="settled by a report"),
        pytest.param(DELIVERED, replace(DELIVERED, cost="1.50"), ["cost"], id="the cost, which is asked for later"),
    ],
)
def test_a_change_of_status_or_delivery_makes_an_event(
    before: Submission | None, after: Submission, changed: list[str]
) -> None:
    """It says what of both has changed."""
    event = event_of(before, after, "1")
    assert event is not None
    assert event["changed"] == changed


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(None, SENDING, id="a claim"),
        pytest.param(WAITING, SENDING, id="another claim"),
        pytest.param(SENDING, WAITING, id="waiting"),
        pytest.param(FAILED, WAITING, id="reopened"),
        pytest.param(SUBMITTED, replace(SUBMITTED, metadata={"a": "b"}), id="something else"),
        pytest.param(PENDING, replace(PENDING, cost="1.50"), id="the cost before the final delivery"),
    ],
)
def test_all_else_makes_none(before: Submission | None, after: Submission) -> None:
    """Subscribers hear of ends, and of the way to the phone."""
    assert event_of(before, after, "1") is None


def test_final_is_what_the_state_machine_says() -> None:
    """The schema lists the same states."""
    assert set(json_schema()["$defs"]["FinalStatus"]["enum"]) == FINAL
    assert {status for status in Status if event_of(None, IN_STATE[status], "1")} == FINAL


def test_an_event_says_what_the_item_says_and_no_internals() -> None:
    """Under the same names; what only senders need is not told."""
    image = {name: from_attribute(value) for name, value in item_of(EVERYTHING).items()}
    event = event_of(SENDING, EVERYTHING, "17")
    assert event is not None
    own = {"version", "id", "sequence", "changed"}
    assert {name: value for name, value in event.items() if name not in own} == {
        name: value for name, value in image.items() if name not in INTERNAL
    }
    assert event.keys() == json_schema()["properties"].keys(), "give each field a value in EVERYTHING"


def test_what_is_not_known_is_absent() -> None:
    """No nulls: a pattern can ask whether a field exists."""
    event = event_of(SENDING, replace(FAILED, charset=None), "1")
    assert event is not None
    assert event.keys().isdisjoint({"charset", "delivery", "cost", "operator", "submissionId", "metadata", "maybeSent"})
    assert event.keys() >= set(json_schema()["required"])


def _event(before: Submission | None, after: Submission, sequence: str = "1") -> Mapping[str, Any]:
    event = event_of(before, after, sequence)
    assert event is not None
    return event


def test_the_same_change_has_the_same_id_and_no_other_has() -> None:
    """So a consumer can drop what it has seen."""
    one = _event(SENDING, SUBMITTED)
    assert json.dumps(one) == json.dumps(_event(SENDING, SUBMITTED))
    others = [
        _event(SENDING, SUBMITTED, "2"),
        _event(SENDING, FAILED),
        _event(SENDING, replace(SUBMITTED, request_id="r-2")),
        _event(SENDING, replace(SUBMITTED, recipient="+56911112223")),
        _event(SUBMITTED, DELIVERED),
    ]
    assert len({event["id"] for event in (one, *others)}) == 1 + len(others)


def test_the_later_change_has_the_greater_sequence() -> None:
    """As text, whatever the length of the stream's own numbers."""
    numbers = ["9", "10", "4421584500000000017450439091", "44215845000000000174504390910"]
    written = [_event(SENDING, SUBMITTED, number)["sequence"] for number in numbers]
    assert written == sorted(written)


def test_changed_names_what_the_schema_names() -> None:
    """A closed list."""
    assert json_schema()["$defs"]["Changed"]["enum"] == list(Changed)
