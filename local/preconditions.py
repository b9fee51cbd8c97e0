"""What an event must find before its function is invoked, brought about on a running stack and taken away again."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import urllib3

from local.embedded_aws import Stack
from local.events import Given


@contextmanager
def brought_about(stack: Stack, given: Given) -> Iterator[list[str]]:
    """Plant items and letters, set secrets, instruct the simulator; give the letters' ids, which alone stay there."""
    session = stack.aws.session()
    table = session.resource("dynamodb").Table(stack.outputs["OutcomesTableName"])
    secrets, sqs = session.client("secretsmanager"), session.client("sqs")
    arns = {
        stack.outputs[name]: value if isinstance(value, str) else json.dumps(value)
        for name, value in given.secrets.items()
    }
    before = {arn: secrets.get_secret_value(SecretId=arn)["SecretString"] for arn in arns}
    try:
        for arn, value in arns.items():
            secrets.put_secret_value(SecretId=arn, SecretString=value)
        for item in given.items:
            table.put_item(Item=dict(item))
        for operation, told in given.realtime.items():
            instruct(stack, operation, told)
        dead = stack.outputs["DeadLetterQueueUrl"]
        yield [sqs.send_message(QueueUrl=dead, MessageBody=body)["MessageId"] for body in given.letters]
    finally:
        for arn, value in before.items():
            secrets.put_secret_value(SecretId=arn, SecretString=value)
        for item in given.items:
            table.delete_item(Key={name: item[name] for name in ("requestId", "recipient")})


def instruct(stack: Stack, operation: str, told: object) -> None:
    """Tell the simulator something.

    Raises:
        ValueError: it knows no such operation, or does not take what it was told.

    """
    url = f"{stack.realtime_url}/_simulator/{operation}"
    reply = urllib3.request("POST", url, body=json.dumps(told).encode(), retries=False)
    if reply.status != 200:  # noqa: PLR2004 (HTTP's OK)
        raise ValueError(f"the simulator refused {operation}: {reply.data.decode()}")
