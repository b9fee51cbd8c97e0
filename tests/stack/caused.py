"""What an event needs on a deployed stack before its function is invoked, and what it caused."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from local.embedded_aws import Stack
from local.events import Event, Given, differences
from tests.stack.deployment import Deployment


@contextmanager
def brought_about(stack: Stack, given: Given) -> Iterator[list[str]]:
    """Put items, secrets and dead letters in place and instruct the simulator; yield the dead letters' ids.

    Items and secrets are taken back at the end.
    """
    session = stack.aws.session()
    table = session.resource("dynamodb").Table(stack.outputs["OutcomesTableName"])
    secrets, sqs = session.client("secretsmanager"), session.client("sqs")
    values = {
        stack.outputs[name]: value if isinstance(value, str) else json.dumps(value)
        for name, value in given.secrets.items()
    }
    before = {arn: secrets.get_secret_value(SecretId=arn)["SecretString"] for arn in values}
    try:
        for arn, value in values.items():
            secrets.put_secret_value(SecretId=arn, SecretString=value)
        for item in given.items:
            table.put_item(Item=dict(item))
        for operation, told in given.realtime.items():
            stack.simulator(operation, told)
        dead = stack.outputs["DeadLetterQueueUrl"]
        yield [sqs.send_message(QueueUrl=dead, MessageBody=body)["MessageId"] for body in given.letters]
    finally:
        for arn, value in before.items():
            secrets.put_secret_value(SecretId=arn, SecretString=value)
        for item in given.items:
            table.delete_item(Key={name: item[name] for name in ("requestId", "recipient")})


def problems(deployed: Deployment, event: Event) -> list[str]:
    """Name every item and every handset that is not as the event must leave it."""
    expected = event.expected
    wanted: dict[str, object] = {}
    got: dict[str, object] = {}
    for request_id, items in {event.name: expected.outcomes, **expected.items}.items():
        held = deployed.items(request_id)
        wanted |= {f"{request_id} {key}": told for key, told in items.items()}
        got |= {f"{request_id} {key}": held.get(key) for key in items}
    wanted |= {f"handset {number}": [text] for number, text in expected.handsets.items()}
    got |= {f"handset {number}": deployed.texts(number) for number in expected.handsets}
    return differences(wanted, got)
