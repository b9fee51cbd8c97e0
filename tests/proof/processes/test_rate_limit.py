"""Two real environments of the send function under one rate limit, counted in a real table."""

import json
from collections import Counter
from contextlib import ExitStack
from typing import Any

import pytest
from boto3.dynamodb.conditions import Attr

from realtime_sms.aws.table import RATE
from tests.proof.processes.conftest import World
from tests.proof.processes.runtime import FunctionProcess

pytestmark = pytest.mark.stack

MOST = 40  # a second
LANES = ("transactional", "promotional")  # of the environments; the promotional queue is called so too
RECIPIENTS = 40  # of each environment's message


def _numbers(environment: int) -> list[str]:
    return [f"+56940{environment:02}{number:04}" for number in range(RECIPIENTS)]


def _event(environment: int) -> dict[str, Any]:
    lane = LANES[environment]
    body = {"recipients": _numbers(environment), "sender": "96000", "message": {"text": "hello"}, "messageType": lane}
    record = {
        "messageId": f"limited-{environment}",
        "receiptHandle": f"handle-{environment}",
        "body": json.dumps(body),
        "attributes": {"ApproximateReceiveCount": "1"},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:us-east-1:000000000000:{lane}",
    }
    return {"Records": [record]}


def test_two_environments_share_the_slots_of_each_second(world: World) -> None:
    """Each recipient gets one message, and no more are sent than slots were reserved within the limit.

    One of them is promotional, and gets no more than its share of any second.
    """
    with ExitStack() as running:
        settings = {**world.environment, "MAX_PER_SECOND": str(MOST)}
        processes = [running.enter_context(FunctionProcess(settings)) for _ in range(2)]
        for environment, process in enumerate(processes):
            process.hand_over(_event(environment))
        kept = [process.result() for process in processes]
    assert kept == [{"batchItemFailures": []}] * 2
    shown = Counter(message.recipient for message in world.realtime.inbox())
    assert {number: shown[number] for place in range(2) for number in _numbers(place)} == {
        number: 1 for place in range(2) for number in _numbers(place)
    }
    counters: Any = world.table.scan(FilterExpression=Attr("requestId").begins_with(RATE))["Items"]
    assert sum(min(int(item["taken"]), MOST) for item in counters) >= 2 * RECIPIENTS
    assert len(counters) >= 2 * RECIPIENTS / MOST
    shares = [int(item["promotional"]) for item in counters if "promotional" in item]
    assert sum(shares) >= RECIPIENTS
    assert max(shares) <= MOST * 0.8
