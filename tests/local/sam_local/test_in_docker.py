"""The functions in Docker, under SAM local: every event, the API, and Lambda's own interface.

Deselected by default, for each invocation takes about ten seconds: `make sam-local`.
"""

import json
from typing import Any

import boto3
import pytest
import urllib3

from local.events import FUNCTIONS, Event, events_of, returned
from tests.local.sam_local.conftest import SamLocal
from tests.stack.caused import brought_about, problems
from tests.stack.deployment import until

pytestmark = pytest.mark.docker

_PATIENCE = 90  # seconds: a container starts in about ten, on a machine with nothing else to do
EVENTS = [event for function in FUNCTIONS for event in events_of(function)]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: f"{event.function}/{event.name}")
def test_every_event_comes_to_what_it_is_named_for(sam: SamLocal, event: Event) -> None:
    """`sam local invoke` with each file: what is returned, and what is left in the table and on the handsets."""
    deployed = sam.deployed
    sam.begin_anew()

    def invoked() -> dict[str, Any]:
        return sam.invoke(f"{event.function.title()}Function", f"events/{event.function}/{event.path.name}")

    def settled() -> bool | None:
        if not problems(deployed, event):
            return True
        if reply.get("batchItemFailures"):  # what stays on the queue comes again
            invoked()
        return None

    with brought_about(deployed.stack, event.given) as letters:
        reply = invoked()
        assert returned(event, reply) == []
        until(settled, within=_PATIENCE, awaited=f"what {event.name} must cause")
    if event.expected.rejected:
        for message_id in letters or [event.payload["Records"][0]["messageId"]]:
            assert deployed.note(event.request_id(message_id))["reason"] == event.expected.rejected


def test_the_api_takes_a_request_and_shows_what_became_of_it(sam: SamLocal) -> None:
    """Under `start-api`, what is POSTed is sent by the deployed stack, and GET shows it."""
    body = {"recipients": ["+56912345678"], "sender": "96000", "message": {"text": "hello"}}
    with sam.serving("start-api") as url:
        key = {"Idempotency-Key": "by-api"}
        posted = urllib3.request("POST", f"{url}/messages", json=body, headers=key, timeout=_PATIENCE)
        assert (posted.status, posted.json()["requestId"]) == (202, "by-api")
        sam.deployed.outcome("by-api")
        (shown,) = urllib3.request("GET", f"{url}/messages/by-api", timeout=_PATIENCE).json()["recipients"]
    assert (shown["recipient"], shown["status"]) == ("+56912345678", "submitted")


def test_lambdas_interface_runs_a_function(sam: SamLocal) -> None:
    """Under `start-lambda`, an SDK invokes a function by its logical name."""
    with sam.serving("start-lambda") as url:
        client = boto3.client(
            "lambda", endpoint_url=url, region_name="sa-east-1", aws_access_key_id="any", aws_secret_access_key="any"
        )
        reply = client.invoke(FunctionName="MaintenanceFunction", Payload=b"{}")
    assert json.loads(reply["Payload"].read()).keys() >= {"ended", "buried", "closed"}
