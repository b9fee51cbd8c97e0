"""Both caps on the deployed stack, IAM enforced: the send function counts in the table before it calls."""

import time
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest

from realtime_sms.aws.caps import daily_key, day_of, end_of, recipient_key
from tests.fakes.send_parts import record_of
from tests.stack.deployment import Deployment, request_body

pytestmark = pytest.mark.stack

ZONE = ZoneInfo("America/Santiago")
PER_DAY = 100
CAPS = {"MAX_SEGMENTS_PER_DAY": str(PER_DAY), "MAX_PER_RECIPIENT": "2/1h"}
NUMBERS = tuple(f"+5692890000{number}" for number in range(4))


@pytest.fixture
def capped(deployed: Deployment) -> Iterator[Deployment]:
    """Yield the stack with caps, as if the parameters set them; take them off again."""
    name = deployed.outputs["SendFunctionName"]
    own = deployed.functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    deployed.restart_sender()  # waits until it has no work
    deployed.functions.update_function_configuration(FunctionName=name, Environment={"Variables": {**own, **CAPS}})
    yield deployed
    deployed.restart_sender()
    deployed.functions.update_function_configuration(FunctionName=name, Environment={"Variables": own})


def test_a_recipient_gets_no_more_than_its_cap(capped: Deployment) -> None:
    """The third message fails and no call is made for it; the list is in the table."""
    name = capped.new_id("caps")
    for number in range(2):
        capped.publish(request_body(f"{name}.{number}", NUMBERS[0]))
        assert capped.outcome(f"{name}.{number}")["status"] == "submitted"
    capped.publish(request_body(f"{name}.2", NUMBERS[0]))
    refused = capped.outcome(f"{name}.2")
    assert (refused["status"], refused["reason"]) == ("failed", "recipient_cap")
    assert capped.posts(NUMBERS[0]) == 2
    partition, sort = recipient_key(NUMBERS[0])
    assert len(capped.items(partition)[sort]["sent"]) == 2


def test_a_full_day_lets_messages_wait_for_the_next(capped: Deployment) -> None:
    """The last segment of the day goes out, and the next one waits until midnight of Santiago has passed."""
    name, today = capped.new_id("caps"), day_of(time.time(), ZONE)
    partition, sort = daily_key(today)
    capped.table.put_item(Item={"requestId": partition, "recipient": sort, "used": PER_DAY - 1})
    capped.publish(request_body(f"{name}.last", NUMBERS[1]))
    assert capped.outcome(f"{name}.last")["status"] == "submitted"
    # Not over the queue, where the message would be hidden for half a day.
    late = record_of(request_body(f"{name}.late", NUMBERS[2]), "late")
    assert capped.invoke("SendFunctionName", {"Records": [late]}) == {"batchItemFailures": [{"itemIdentifier": "late"}]}
    held = capped.items(f"{name}.late")[NUMBERS[2]]
    assert (held["status"], held["reason"]) == ("waiting", "daily_cap")
    due = time.strftime("%Y-%m-%dT%H:%M", time.gmtime(end_of(today, ZONE)))
    assert due <= held["dueAt"] <= time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(end_of(today, ZONE) + 601))
    assert capped.items(partition)[sort]["used"] == PER_DAY
    assert capped.posts(NUMBERS[2]) == 0
