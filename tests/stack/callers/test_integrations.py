"""Examples of docs/examples on the deployed stack: a state machine sends, and an e-mail tells what came of it."""

import json

import pytest

from tests.docs.embedded_examples import deploy
from tests.stack.deployment import Deployment, until

pytestmark = [pytest.mark.stack, pytest.mark.embedded]

PHONE, REFUSED = "+56925400021", "+56925400022"


def _subscribed(deployed: Deployment, topic: str) -> str:
    """Subscribe a queue to a topic; return the queue's address."""
    inbox, arn = deployed.queue_for("examples-inbox", "sns", topic)
    deployed.session.client("sns").subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"}
    )
    return inbox


def _next(deployed: Deployment, url: str, wanted: str) -> bool | None:
    """Return True if the next message on a queue holds a text."""
    messages = deployed.sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages", [])
    return any(wanted in message["Body"] for message in messages) or None


def test_a_state_machine_sends_and_an_email_tells_of_the_refusal(deployed: Deployment) -> None:
    """RealTime refuses the sender of one of two messages; the other is on the phone."""
    outputs, session = deployed.outputs, deployed.session
    machine = deploy(
        session,
        "send-from-step-functions.yaml",
        SendQueueUrl=outputs["SendQueueUrl"],
        SendQueueArn=outputs["SendQueueArn"],
    )["StateMachineArn"]
    topic = deploy(
        session, "outcomes-to-email.yaml", OutcomeBusName=outputs["OutcomeBusName"], Address="ops@example.org"
    )["TopicArn"]
    inbox = _subscribed(deployed, topic)
    deployed.simulator("POST", "outcomes", {REFUSED: "http_406"})
    states = session.client("stepfunctions")
    for order, phone in (("8001", PHONE), ("8001", PHONE), ("8002", REFUSED)):
        told = json.dumps({"order": order, "phone": phone, "name": "Ana"})
        states.start_execution(stateMachineArn=machine, input=told)

    sent, refused = deployed.outcome("order-8001-shipped"), deployed.outcome("order-8002-shipped")
    assert (sent["status"], sent["campaign"], sent["metadata"]) == ("submitted", "order-shipped", {"order": "8001"})
    assert refused["reason"] == "sender_refused"
    awaited = "SMS order-8002-shipped is failed (sender_refused)"
    until(lambda: _next(deployed, inbox, awaited), within=60, awaited="an e-mail about the refusal")
    assert deployed.texts(PHONE) == ["Ana, su pedido 8001 va en camino."]
