"""A submission as an item of the table, both ways."""

from dataclasses import replace

import pytest

from realtime_sms.aws.submissions import from_item
from realtime_sms.outcomes.submission import Submission
from realtime_sms.vocabulary import Delivery, DeliveryReason, Status
from tests.fakes.submissions import IN_STATE, NOW, SUBMITTED, item_of

TOLD = replace(
    SUBMITTED,
    delivery=Delivery.REJECTED,
    delivery_reason=DeliveryReason.BAD_NUMBER,
    delivery_at=NOW,
    cost="1.50",
    operator={"id": "7", "name": "Entel", "mcc": "730", "mnc": "01"},
    metadata={"order": "4711"},
)


@pytest.mark.parametrize("submission", [*IN_STATE.values(), TOLD], ids=[*IN_STATE, "told"])
def test_an_item_is_read_back_as_it_was(submission: Submission) -> None:
    """In every state, and with all that may become known."""
    assert from_item(item_of(submission)) == submission


@pytest.mark.parametrize("status", Status)
def test_what_is_not_known_is_no_attribute(status: Status) -> None:
    """Others look whether `delivery` is there, and not what an empty one means."""
    item = item_of(IN_STATE[status])
    assert not {"delivery", "deliveryReason", "deliveryAt", "cost", "operator", "metadata"} & item.keys()


def test_what_is_known_of_a_delivery_is_named_as_the_pages_name_it() -> None:
    """Streams and queries of other systems go by these names."""
    item = item_of(TOLD)
    assert item["delivery"] == {"S": "rejected"}
    assert item["deliveryReason"] == {"S": "bad_number"}
    assert item["deliveryAt"] == {"S": "2027-01-15T08:00:00.000Z"}
    assert item["cost"] == {"S": "1.50"}
    assert item["operator"]["M"]["mnc"] == {"S": "01"}
