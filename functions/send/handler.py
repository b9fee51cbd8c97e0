"""The send function's entry: an SQS event in, a partial batch response out."""

from typing import TYPE_CHECKING, Any

from realtime_sms.aws.logging import instrumented
from send.sender import Sender

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@instrumented
def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Send what a batch of queue messages asks for, and name the messages that the queue must keep."""
    kept = Sender.from_environment().send(event["Records"], context)
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in kept]}
