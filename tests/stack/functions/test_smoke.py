"""The main job, once, on the real template."""

import json

import pytest
import urllib3

from tests.stack.deployment import Deployment, request_body

pytestmark = pytest.mark.stack

RECIPIENT = "+56920000001"


def test_a_message_on_the_queue_reaches_the_handset_and_the_table(deployed: Deployment) -> None:
    """One request published as another system would gives one SMS and one submitted outcome."""
    deployed.publish(request_body("smoke-1", RECIPIENT, message={"charset": 0, "text": "hello"}))
    assert deployed.outcome("smoke-1")["status"] == "submitted"
    assert deployed.texts(RECIPIENT) == ["hello"]


@pytest.mark.embedded
def test_a_call_that_nobody_signed_is_refused(deployed: Deployment) -> None:
    """IAM is enforced: without credentials the queue refuses messages."""
    reply = urllib3.request(
        "POST",
        deployed.stack.aws.endpoint_url,
        headers={"X-Amz-Target": "AmazonSQS.SendMessage", "Content-Type": "application/x-amz-json-1.0"},
        body=json.dumps({"QueueUrl": deployed.outputs["SendQueueUrl"], "MessageBody": "{}"}).encode(),
        retries=False,
    )
    assert reply.status == 403
