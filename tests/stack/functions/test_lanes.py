"""Lanes on the deployed stack, IAM enforced: a promotional message leaves the send queue, and is one SMS."""

import pytest

from tests.stack.deployment import Deployment, request_body

pytestmark = pytest.mark.stack

ADVERTS = [f"+5692860000{number}" for number in range(3)]
CODE = "+56928600009"
PROMOTIONAL = {"messageType": "promotional", "campaign": "mayo"}


def test_a_promotional_message_on_the_send_queue_is_sent_from_the_other(deployed: Deployment) -> None:
    """So are its doubles, which send nothing; a code beside them is sent where it is."""
    request_id = deployed.new_id("lanes")
    adverts = [request_body(f"{request_id}.{number[1:]}", number, **PROMOTIONAL) for number in ADVERTS]
    (named,) = deployed.publish(request_body(None, ADVERTS[0], **PROMOTIONAL))  # by its message alone
    deployed.publish(*adverts, request_body(f"{request_id}.code", CODE), *adverts)
    for number in ADVERTS:
        outcome = deployed.outcome(f"{request_id}.{number[1:]}")
        assert (outcome["status"], outcome["messageType"], outcome["campaign"]) == ("submitted", "promotional", "mayo")
    assert deployed.outcome(named)["status"] == "submitted"
    assert deployed.outcome(f"{request_id}.code")["status"] == "submitted"
    deployed.settle()
    assert [deployed.posts(number) for number in (*ADVERTS, CODE)] == [2, 1, 1, 1]


def test_both_queues_may_have_a_request_and_one_sms_goes_out(deployed: Deployment) -> None:
    """Messages of a campaign are a group of the queue, which a standard queue takes."""
    request_id, number = deployed.new_id("lanes"), "+56928700001"
    body = request_body(request_id, number, **PROMOTIONAL)
    for name in ("PromotionalQueueUrl", "SendQueueUrl"):
        deployed.sqs.send_message(QueueUrl=deployed.outputs[name], MessageBody=body, MessageGroupId="mayo")
    assert deployed.outcome(request_id)["status"] == "submitted"
    deployed.settle()
    assert deployed.posts(number) == 1
