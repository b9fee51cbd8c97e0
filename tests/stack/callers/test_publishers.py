"""Who may publish to the deployed queue: its own account, and of others exactly those that the parameters name."""

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local.embedded_aws import ACCOUNT, PUBLISHERS, REGION
from tests.stack.deployment import Deployment, request_body, until
from tests.template.rendered import rendered

pytestmark = pytest.mark.stack

LARGEST = rendered()["SendQueue"]["Properties"]["MaximumMessageSize"]
FRIEND, STRANGER = PUBLISHERS["PublisherArns"], "333333333333"


def _queue_of_ours(deployed: Deployment, account: str) -> Any:  # noqa: ANN401 (boto3's clients are made at run time)
    """Return a client of another account's root user: to MiniStack, twelve digits are that account's access key."""
    environment = deployed.stack.aws.environment
    return boto3.client(
        "sqs",
        aws_access_key_id=account,
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        region_name=REGION,
        endpoint_url=deployed.stack.aws.endpoint_url,
    )


def _without_tls(request: Any, **_: object) -> None:  # noqa: ANN401 (likewise)
    request.headers["X-Forwarded-Proto"] = "http"


def _refusal(client: Any, url: str, body: str = "{}") -> str:  # noqa: ANN401 (likewise)
    with pytest.raises(ClientError) as refused:
        client.send_message(QueueUrl=url, MessageBody=body)
    return str(refused.value.response["Error"]["Code"])


@pytest.mark.embedded
def test_a_message_of_another_account_is_sent_if_that_account_was_named(deployed: Deployment) -> None:
    """Its request is sent like any other."""
    request_id = deployed.new_id("friend")
    sqs = _queue_of_ours(deployed, FRIEND)
    sqs.send_message(QueueUrl=deployed.outputs["SendQueueUrl"], MessageBody=request_body(request_id, "+56928000003"))
    assert deployed.outcome(request_id)["status"] == "submitted"


@pytest.mark.embedded
def test_a_message_of_another_account_is_refused_unless_it_was_named(deployed: Deployment) -> None:
    """The other account's own permissions do not matter."""
    stranger = _queue_of_ours(deployed, STRANGER)
    assert _refusal(stranger, deployed.outputs["SendQueueUrl"]) == "AccessDenied"


@pytest.mark.embedded
@pytest.mark.parametrize("account", [FRIEND, STRANGER])
def test_no_other_account_reads_the_queue_or_writes_to_the_dead_letters(deployed: Deployment, account: str) -> None:
    """An account that may publish may do nothing else."""
    sqs = _queue_of_ours(deployed, account)
    with pytest.raises(ClientError, match="AccessDenied"):
        sqs.receive_message(QueueUrl=deployed.outputs["SendQueueUrl"])
    assert _refusal(sqs, deployed.outputs["DeadLetterQueueUrl"]) == "AccessDenied"


@pytest.mark.embedded
@pytest.mark.parametrize("queue", ["SendQueueUrl", "DeadLetterQueueUrl"])
@pytest.mark.parametrize("account", [ACCOUNT, FRIEND])
def test_nobody_publishes_without_tls(deployed: Deployment, queue: str, account: str) -> None:
    """The embedded AWS treats loopback as TLS, unless the caller says that it is not."""
    sqs = _queue_of_ours(deployed, account)
    sqs.meta.events.register("before-send.sqs", _without_tls)
    assert _refusal(sqs, deployed.outputs[queue]) == "AccessDenied"


def test_a_message_that_is_too_large_is_refused_and_the_largest_finds_room_among_the_dead_letters(
    deployed: Deployment,
) -> None:
    """The largest message becomes a dead letter with its reason; a larger one is refused at once."""
    mark = deployed.new_id("largest")
    largest = mark.ljust(LARGEST, ".")
    assert _refusal(deployed.sqs, deployed.outputs["SendQueueUrl"], f"{largest}.") == "InvalidParameterValue"
    (message_id,) = deployed.publish(largest)
    assert deployed.note(message_id)["reason"] == "unreadable"
    assert deployed.letter(mark).attributes["requestId"] == message_id


def test_a_topic_delivers_if_it_was_named_and_not_otherwise(deployed: Deployment) -> None:
    """SNS delivers within `Publish`: when the second message is sent, the first one would have been as well."""
    sns = deployed.session.client("sns")
    request_id = deployed.new_id("topic")
    named = deployed.stack.publishers["PublisherTopicArns"].rpartition(":")[2]
    for name in (f"{named}-of-strangers", named):
        topic = sns.create_topic(Name=name)["TopicArn"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=deployed.outputs["SendQueueArn"])
        sns.publish(TopicArn=topic, Message=request_body(f"{request_id}.{name}", "+56928000002"))
    assert deployed.outcome(f"{request_id}.{named}")["status"] == "submitted"
    assert deployed.items(f"{request_id}.{named}-of-strangers") == {}


def test_the_deployed_policy_lets_a_named_rule_in(deployed: Deployment) -> None:
    """The policy is read back, because the embedded EventBridge delivers without checking it; AWS checks it."""
    reply = deployed.sqs.get_queue_attributes(QueueUrl=deployed.outputs["SendQueueUrl"], AttributeNames=["Policy"])
    (rules,) = [one for one in json.loads(reply["Attributes"]["Policy"])["Statement"] if one["Sid"] == "Rules"]
    assert rules["Principal"] == {"Service": "events.amazonaws.com"}
    assert rules["Condition"] == {"ArnEquals": {"aws:SourceArn": [deployed.stack.publishers["PublisherRuleArns"]]}}


def test_a_named_rule_delivers_an_event(deployed: Deployment) -> None:
    """What is in its detail is sent."""
    events, request_id = deployed.session.client("events"), deployed.new_id("rule")
    rule = deployed.stack.publishers["PublisherRuleArns"].rpartition("/")[2]
    events.put_rule(Name=rule, EventPattern=json.dumps({"source": [request_id]}))
    events.put_targets(Rule=rule, Targets=[{"Id": "queue", "Arn": deployed.outputs["SendQueueArn"]}])
    detail = request_body(request_id, "+56928000008")

    def sent() -> str | None:
        """Put the event until it is delivered: a new rule matches some seconds later; a request is sent once."""
        events.put_events(Entries=[{"Source": request_id, "DetailType": "order", "Detail": detail}])
        return deployed.status(request_id, "+56928000008")

    try:
        until(sent, within=120, awaited="a request by EventBridge")
        assert deployed.outcome(request_id)["status"] == "submitted"
        assert deployed.texts("+56928000008") == ["hello"]
    finally:
        events.remove_targets(Rule=rule, Ids=["queue"])
        events.delete_rule(Name=rule)
