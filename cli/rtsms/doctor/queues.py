"""The send queue and the dead-letter queue: how they are set, and what lies in them."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from rtsms.backlog import Backlog, backlog, oldest_age
from rtsms.doctor.finding import Finding, bad, doubt, good
from rtsms.stack import Stack

_FEW_RECEIVES = 100  # waiting is by visibility, so a lower maxReceiveCount would call waiting messages dead
_LONG_WAIT = 900  # seconds
_PER_TIMEOUT = 6  # AWS Lambda Developer Guide, "Using Lambda with Amazon SQS": visibility at least so many timeouts


def send_queue(stack: Stack) -> Iterator[Finding]:
    """Look at the queue's settings, and at what waits in it."""
    url = stack.outputs["SendQueueUrl"]
    attributes: Mapping[Any, str] = stack.session.client("sqs").get_queue_attributes(
        QueueUrl=url, AttributeNames=["All"]
    )["Attributes"]
    function = stack.session.client("lambda").get_function_configuration(FunctionName=stack.outputs["SendFunctionName"])
    yield settings(attributes, stack.outputs["DeadLetterQueueUrl"], int(function["Timeout"]))
    yield policy(json.loads(attributes.get("Policy") or "{}"))
    yield waiting(Backlog.of(attributes), oldest_age(stack))


def settings(attributes: Mapping[Any, str], dead_letter_url: str, timeout: int) -> Finding:
    """Judge where messages go that cannot be sent, and for how long one is hidden; `timeout` is the function's."""
    check, deploy = "queue settings", "deploy the template again"
    redrive = json.loads(attributes.get("RedrivePolicy") or "{}")
    if redrive.get("deadLetterTargetArn", "").rpartition(":")[2] != dead_letter_url.rpartition("/")[2]:
        return bad(check, "the stack's dead-letter queue is not where its dead letters go", deploy)
    receives = int(redrive.get("maxReceiveCount", 0))
    if receives < _FEW_RECEIVES:
        return bad(check, f"a message is called dead after {receives} receives, though it may only wait", deploy)
    visibility = int(attributes["VisibilityTimeout"])
    if visibility < _PER_TIMEOUT * timeout:
        return bad(
            check, f"a message is hidden for {visibility} s, less than 6 times the function's {timeout} s", deploy
        )
    return good(
        check, f"dead after {receives} receives; hidden for {visibility} s, at least 6 times the function's timeout"
    )


def policy(document: Mapping[str, Any]) -> Finding:
    """Judge who may use the queue."""
    for statement in document.get("Statement", []):
        anybody = statement.get("Principal") in ("*", {"AWS": "*"})
        if statement.get("Effect") == "Allow" and anybody and not statement.get("Condition"):
            return bad("queue policy", "anybody may use the queue", "name who may publish: the Publisher parameters")
    return good("queue policy", "names who may publish" if document else "none: IAM of this account decides")


def waiting(there: Backlog, age: float | None) -> Finding:
    """Judge what waits; `age` is of the oldest message, in seconds, where it is known."""
    oldest = "" if age is None else f"; the oldest is {age:.0f} s old"
    said = f"{there.visible} to be taken up, {there.in_flight} in flight or waiting{oldest}"
    if age is not None and age > _LONG_WAIT:
        return doubt("send queue", said, "rtsms watch; an open breaker, throttling or too few senders hold it up")
    return good("send queue", said)


def dead_letters(stack: Stack) -> Iterator[Finding]:
    """Count dead letters."""
    there = backlog(stack, "DeadLetterQueueUrl")
    count = there.visible + there.in_flight
    if count:
        to_do = "docs/operations.md says what each reason means; rtsms redrive --reason … sends them back"
        yield doubt("dead letters", f"{count} lie there", to_do)
    else:
        yield good("dead letters", "none")
