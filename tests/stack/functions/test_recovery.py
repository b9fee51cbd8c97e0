"""What gets a deployment going again: a new token, an end for what was left behind, closed breakers."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from realtime_sms.aws.table import BREAKERS
from realtime_sms.vocabulary import Status
from tests.stack.deployment import Deployment, left_behind, request_body, until

pytestmark = pytest.mark.stack

IN_FLIGHT = 50


@pytest.fixture
def fresh(deployed: Deployment) -> Iterator[None]:
    """Start with closed breakers and new environments; close the breakers at the end."""
    deployed.forget_breakers()
    deployed.restart_sender()
    yield
    deployed.forget_breakers()


def _token(deployed: Deployment) -> str:
    reply = deployed.secrets.get_secret_value(SecretId=deployed.outputs["TokenSecretArn"])
    return str(json.loads(reply["SecretString"])["access_token"])


@pytest.mark.usefixtures("fresh")
def test_a_refresh_under_its_own_role_puts_a_new_token_into_the_secret(deployed: Deployment) -> None:
    """Sending continues with it."""
    old = json.dumps({"access_token": "local-token"})
    deployed.secrets.put_secret_value(SecretId=deployed.outputs["TokenSecretArn"], SecretString=old)
    assert deployed.invoke("RefreshFunctionName") == {"outcome": "refreshed"}
    assert _token(deployed) != "local-token"
    request_id = deployed.new_id("refreshed")
    deployed.publish(request_body(request_id, "+56925000001"))
    assert deployed.outcome(request_id)["status"] == "submitted"


@pytest.mark.usefixtures("fresh")
def test_a_dead_token_costs_one_refresh_and_one_more_try_each(deployed: Deployment) -> None:
    """One function has all its calls in flight."""
    request_id = deployed.new_id("revoked")
    deployed.publish(request_body(f"{request_id}.before", "+56925100999"))
    deployed.outcome(f"{request_id}.before")
    numbers = [f"+5692510{number:04}" for number in range(IN_FLIGHT)]
    auths = deployed.simulator("GET", "counters")["auths"]
    deployed.revoke_tokens()
    deployed.publish(request_body(request_id, *numbers))
    found = deployed.outcomes(request_id, IN_FLIGHT)
    assert {item["status"] for item in found.values()} == {"submitted"}
    assert deployed.simulator("GET", "counters")["auths"] - auths == 1
    assert max(deployed.posts(number) for number in numbers) <= 2


@pytest.mark.usefixtures("fresh")
def test_two_dead_tokens_stop_sends_until_maintenance_has_seen_a_third(deployed: Deployment) -> None:
    """The environment's token and the secret's are dead; maintenance refreshes before the schedule does."""
    request_id, recipient = deployed.new_id("twice"), "+56925110000"
    deployed.publish(request_body(f"{request_id}.before", recipient))
    deployed.outcome(f"{request_id}.before")
    dead = json.dumps({"access_token": "dead"})
    deployed.secrets.put_secret_value(SecretId=deployed.outputs["TokenSecretArn"], SecretString=dead)
    deployed.revoke_tokens()
    deployed.publish(request_body(request_id, recipient))
    until(lambda: deployed.status(request_id, recipient) == "waiting" or None, within=40, awaited="waiting")
    until(lambda: deployed.invoke("MaintenanceFunctionName")["closed"] or None, within=10, awaited="a closed breaker")
    assert deployed.outcome(request_id, within=90)["status"] == "submitted"


def test_a_lease_that_is_over_ends_as_unknown(deployed: Deployment) -> None:
    """The owner of the lease may have made the call."""
    request_id = deployed.new_id("lease")
    deployed.plant(replace(left_behind(request_id, "+56925200001", Status.SENDING), lease_until=time.time() - 1))
    deployed.invoke("MaintenanceFunctionName")
    item = deployed.outcome(request_id)
    assert (item["status"], item["reason"]) == ("unknown", "lease_over")


def test_what_waits_past_its_time_expires(deployed: Deployment) -> None:
    """Its message never returns."""
    request_id = deployed.new_id("expiry")
    past = time.time() - 1
    deployed.plant(replace(left_behind(request_id, "+56925200002", Status.WAITING), due_at=past, expires_at=past))
    deployed.invoke("MaintenanceFunctionName")
    assert deployed.outcome(request_id)["status"] == "expired"


@pytest.fixture
def penniless(deployed: Deployment) -> Iterator[None]:
    """Set the account's balance to 0, and restore it."""
    deployed.simulator("POST", "state", {"balance": "0"})
    yield
    deployed.simulator("POST", "state", {"balance": "1000000"})


@pytest.mark.usefixtures("fresh", "penniless")
def test_without_balance_messages_wait_until_there_is_some(deployed: Deployment) -> None:
    """The breaker opens, stays open while the balance is 0, and closes after the top-up; then the message is sent."""
    request_id, recipient = deployed.new_id("balance"), "+56925300001"
    deployed.publish(request_body(request_id, recipient))
    until(lambda: deployed.status(request_id, recipient) == "waiting" or None, within=40, awaited="waiting")
    until(lambda: deployed.items(BREAKERS).get("balance", {}).get("since"), within=5, awaited="an open breaker")
    assert deployed.invoke("MaintenanceFunctionName")["closed"] == []
    assert deployed.gates() == ["Disabled", "Disabled"]
    deployed.simulator("POST", "top-up", {"units": "100"})
    assert deployed.invoke("MaintenanceFunctionName")["closed"] == ["balance"]
    assert "since" not in deployed.items(BREAKERS)["balance"]
    assert deployed.gates() == ["Enabled", "Enabled"]
    assert deployed.outcome(request_id, within=90)["status"] == "submitted"
    assert deployed.texts(recipient) == ["hello"]
