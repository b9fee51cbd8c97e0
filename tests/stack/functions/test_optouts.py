"""The opt-out list and the sender, deployed."""

import pytest

from tests.stack.deployment import Deployment, request_body
from tests.stack.signing import Caller, user

pytestmark = pytest.mark.stack

OPTED_OUT, OTHER = "+56928000001", "+56928000002"


@pytest.fixture
def caller(deployed: Deployment) -> Caller:
    """Return a caller who may call everything."""
    return user(deployed.stack, "*")


def test_who_is_put_on_the_list_is_not_called_until_taken_off(deployed: Deployment, caller: Caller) -> None:
    """The other recipients of the request are sent to."""
    address = f"/opt-outs/{OPTED_OUT.replace('+', '%2B')}"
    assert caller.call("PUT", address).status == 200
    request_id = deployed.new_id("opted-out")
    deployed.publish(request_body(request_id, OPTED_OUT, OTHER))
    outcomes = deployed.outcomes(request_id, 2)
    assert (outcomes[OPTED_OUT]["status"], outcomes[OPTED_OUT]["reason"]) == ("failed", "opted_out")
    assert (outcomes[OTHER]["status"], deployed.posts(OPTED_OUT)) == ("submitted", 0)
    assert caller.call("DELETE", address).status == 200
    deployed.publish(request_body(f"{request_id}.again", OPTED_OUT))
    assert deployed.outcome(f"{request_id}.again")["status"] == "submitted"
