"""The real Lambda runtime client, killed with SIGKILL in the middle of sends: nothing twice, and nobody forgotten."""

import json
import random
import sys
import threading
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from boto3.dynamodb.conditions import Key

from tests.conftest import RefusedCalls
from tests.proof.processes.conftest import World
from tests.proof.processes.runtime import FunctionProcess

pytestmark = pytest.mark.stack

SEED = 4
KILLS = 50
MESSAGES = 4
RECIPIENTS = 10  # of each message; a batch is more than one write and more than the calls in flight
CALLS = MESSAGES * RECIPIENTS
LONGEST_LINGER = 0.06  # seconds from the chosen call to the kill: a few latencies
LONGEST_CLAIM = 0.25  # seconds from the event to the kill, where no call is waited for
AT_CLAIM = 0.2  # of the kills


@dataclass(frozen=True)
class Moment:
    """When to kill: at the n-th call, before or after it is taken, and so many seconds later; 0 is the event's."""

    call: int
    before: bool
    linger: float


def _moments() -> list[Moment]:
    """Draw the moments: most at a call, some while the function reads and claims."""
    chance = random.Random(SEED)
    return [
        Moment(0, before=False, linger=chance.uniform(0, LONGEST_CLAIM))
        if chance.random() < AT_CLAIM
        else Moment(
            chance.randint(1, CALLS), chance.random() < 0.5, chance.choice([0, chance.uniform(0, LONGEST_LINGER)])
        )
        for _ in range(KILLS)
    ]


def _numbers(batch: int, message: int) -> list[str]:
    return [f"+5693{batch:02}{message:02}{number:03}" for number in range(RECIPIENTS)]


def _event(world: World, batch: int, *, received: int) -> dict[str, Any]:
    """Write the batch as the event source mapping does, received so many times."""
    return {"Records": [_record(world, batch, message, received) for message in range(MESSAGES)]}


def _record(world: World, batch: int, message: int, received: int) -> dict[str, Any]:
    body = {
        "requestId": f"killed-{batch}-{message}",
        "recipients": _numbers(batch, message),
        "sender": "96000",
        "message": {"text": "hello"},
    }
    return {
        "messageId": f"message-{batch}-{message}",
        "receiptHandle": f"handle-{batch}-{message}-{received}",
        "body": json.dumps(body),
        "attributes": {"ApproximateReceiveCount": str(received)},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": world.queue_url,
    }


def _items(world: World, batch: int) -> list[dict[str, Any]]:
    return [
        item
        for message in range(MESSAGES)
        for item in world.table.query(
            KeyConditionExpression=Key("requestId").eq(f"killed-{batch}-{message}"), ConsistentRead=True
        )["Items"]
    ]


def _end_leases(world: World, batch: int) -> int:
    """Let the leases be over of what the killed process left; give how many those were."""
    left = [item for item in _items(world, batch) if item["status"] == "sending"]
    for item in left:
        world.table.update_item(
            Key={"requestId": item["requestId"], "recipient": item["recipient"]},
            UpdateExpression="SET leaseUntil = :past",
            ExpressionAttributeValues={":past": "2020-01-01T00:00:00.000Z"},
        )
    return len(left)


def _kill_during(world: World, process: FunctionProcess, batch: int, moment: Moment) -> None:
    """Hand a batch over and kill the process at the moment."""
    killed = threading.Event()

    def kill() -> None:
        process.kill()
        killed.set()

    timer = threading.Timer(moment.linger, kill)
    if moment.call:
        act = timer.start if moment.linger else kill
        world.realtime.at_call(moment.call, act, before=moment.before)
    process.hand_over(_event(world, batch, received=1))
    if not moment.call:
        timer.start()
    assert killed.wait(60), f"{moment} never came"


def _redeliver(world: World, process: FunctionProcess, batch: int) -> int:
    """Deliver again, at once and when the leases are over; give how many leases that were."""
    process.invoke(_event(world, batch, received=2))
    lapsed = _end_leases(world, batch)
    assert process.invoke(_event(world, batch, received=3)) == {"batchItemFailures": []}
    return lapsed


def test_fifty_kills_send_nothing_twice_and_forget_nobody(world: World, refused_calls: RefusedCalls) -> None:
    """After redelivery no handset has two messages, and every recipient is submitted or, where nobody knows, unknown.

    Each process first finishes what the one before it left, then is killed during a batch of its own.
    """
    moments, lapsed = _moments(), 0
    with ExitStack() as running:
        process = running.enter_context(FunctionProcess(world.environment))
        for batch, moment in enumerate(moments):
            successor = running.enter_context(FunctionProcess(world.environment))
            _kill_during(world, process, batch, moment)
            lapsed += _redeliver(world, successor, batch)
            process = successor
    # Of a call that a kill cut off, an empty body may arrive; nothing else may be refused.
    assert all("missing required field" in one for one in refused_calls.take())
    found = [item for batch in range(KILLS) for item in _items(world, batch)]
    statuses = Counter(item["status"] for item in found)
    shown = Counter(message.recipient for message in world.realtime.inbox())
    numbers = {number for batch in range(KILLS) for message in range(MESSAGES) for number in _numbers(batch, message)}
    sys.stdout.write(
        f"{KILLS} kills, {len(numbers)} recipients, {shown.total()} messages on handsets, {dict(statuses)}\n"
    )
    assert max(shown.values()) == 1
    assert {item["recipient"] for item in found} == numbers
    assert set(statuses) == {"submitted", "unknown"}
    assert all(shown[item["recipient"]] == 1 for item in found if item["status"] == "submitted")
    assert statuses["unknown"] == lapsed
