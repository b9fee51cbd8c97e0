"""How much is in a queue, and for how long."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, Self

from rtsms.stack import Stack

_LOOK_BACK = timedelta(minutes=15)  # SQS reports the age every few minutes


class Backlog(NamedTuple):
    """Messages in a queue, as near as SQS tells; those that wait for later are in flight too."""

    visible: int
    in_flight: int

    @classmethod
    def of(cls, attributes: Mapping[Any, str]) -> Self:
        """Read a queue's attributes."""
        delayed = int(attributes.get("ApproximateNumberOfMessagesDelayed", 0))
        hidden = int(attributes["ApproximateNumberOfMessagesNotVisible"])
        return cls(int(attributes["ApproximateNumberOfMessages"]), hidden + delayed)


def backlog(stack: Stack, output: str) -> Backlog:
    """Count the messages of the queue that this output gives.

    Raises:
        ClientError, BotoCoreError: the queue did not answer.

    """
    reply = stack.session.client("sqs").get_queue_attributes(
        QueueUrl=stack.outputs[output],
        AttributeNames=[
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
        ],
    )
    return Backlog.of(reply["Attributes"])


def oldest_age(stack: Stack) -> float | None:
    """Give the age of the oldest message of the send queue in seconds; None where CloudWatch has none to tell.

    Raises:
        ClientError, BotoCoreError: CloudWatch did not answer.

    """
    now = datetime.now(UTC)
    reply = stack.session.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/SQS",
        MetricName="ApproximateAgeOfOldestMessage",
        Dimensions=[{"Name": "QueueName", "Value": stack.outputs["SendQueueUrl"].rpartition("/")[2]}],
        StartTime=now - _LOOK_BACK,
        EndTime=now,
        Period=60,
        Statistics=["Maximum"],
    )
    latest = max(reply["Datapoints"], key=lambda point: point["Timestamp"], default=None)
    return None if latest is None else latest["Maximum"]
