"""AWS throttled, failing, slow or cut off at each call of the functions: nothing is sent twice, and nothing lost.

Each story is told once with nothing wrong, to see which calls it makes; then once for each of them and each fault.
"""

import json
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from realtime_sms.aws.breakers import Breaker
from realtime_sms.aws.table import StoreUnavailableError
from realtime_sms.aws.tokens import fingerprint
from tests.fakes.aws.server import Fault, Place, Way
from tests.fakes.aws.sqs import DEAD_LETTERS
from tests.fakes.lambda_context import Context
from tests.proof.faults.world import TOKEN, Message, Story, World

DELIVERIES = 20  # at most; a machine that is busy may itself be slow now and then

type Tell = Callable[[str, object], None]


@pytest.fixture(
    params=[
        pytest.param(Way(1, (Fault.THROTTLED, Fault.ERROR, Fault.RESET_LATE, Fault.PARTLY)), id="one attempt"),
        pytest.param(Way(1, (Fault.SLOW,), patience=0.25), id="too late"),
        pytest.param(Way(2, (Fault.ERROR_LATE,)), id="done twice"),
    ]
)
def way(request: pytest.FixtureRequest) -> Way:
    """Return what goes wrong; done twice is what the SDK's own second attempt does."""
    found: Way = request.param
    return found


def some_messages(_world: World) -> Sequence[Message]:
    """Two messages to send, of which one was received before, and one that is no request."""
    return [Message(3, received=2), Message(1), Message(0)]


def a_dead_token(world: World) -> Sequence[Message]:
    """RealTime takes no token that was issued yet; a refresh gets another."""
    world.realtime.revoke_tokens()
    return [Message(2)]


def no_balance(world: World) -> Sequence[Message]:
    """Leave nothing on the account for the first call."""
    message = Message(1)
    world.realtime.assign(message.numbers[0], "account_no_balance_first_1")
    return [message]


def _try_all(world: World, run: Callable[..., None], way: Way) -> int:
    """Run with nothing wrong, then with every fault of each call that was made; return how many faults those were.

    The shards of an index are asked all alike, so that two stand for all.
    """
    tried = 0
    run()
    for operation, times in dict(world.server.calls).items():
        for number in range(1, min(times, 2 if operation == "Query" else times) + 1):
            place = Place(operation, number)
            for fault in way.faults_of(place):
                run(place, fault)
                tried += 1
    return tried


def _send_until_over(world: World, messages: Sequence[Message]) -> None:
    """Deliver again what the queue keeps; what is not kept must be over."""
    left = list(messages)
    for _ in range(DELIVERIES):
        kept = world.send(left)
        assert all(world.is_over(one) for one in left if one.request_id not in kept), "acknowledged unfinished"
        left = [one for one in left if one.request_id in kept]
        for message in left:
            message.received += 1
            world.let_time_pass(message)
        if not left:
            return
    raise AssertionError(f"the queue does not drain after {world.server.fault} of {world.server.place}")


@pytest.mark.parametrize("story", [some_messages, a_dead_token, no_balance])
def test_the_send_function_whichever_call_fails(world: World, story: Story, way: Way, record_property: Tell) -> None:
    """At most one message on each handset, an end for each recipient, and nothing acknowledged before that."""
    world.server.function = world.invoke
    tried = _try_all(world, partial(_tell, world, story), way)
    record_property("tried", f"send, {story.__name__.replace('_', ' ')}: {tried} faults of AWS")


def _tell(world: World, story: Story, place: Place | None = None, fault: Fault | None = None) -> None:
    world.begin(TOKEN)
    messages = story(world)
    world.server.arm(place, fault)
    _send_until_over(world, messages)
    for message in messages:
        for number, item in world.items(message).items():
            told = f"{item['status']} after {fault} of {place}"
            if number in message.numbers:
                assert item["status"] in {"submitted", "unknown"}, told
                assert world.shown(number) <= 1, told
                assert item["status"] == "unknown" or world.shown(number) == 1, told


def test_the_move_of_a_campaign_whichever_call_fails(world: World, way: Way, record_property: Tell) -> None:
    """A message is acknowledged only once the promotional queue has it; all its copies are one SMS."""
    tried = _try_all(world, partial(_move, world), way)
    record_property("tried", f"move: {tried} faults of AWS")


def _move(world: World, place: Place | None = None, fault: Fault | None = None) -> None:
    world.begin(TOKEN)
    world.aws.sent.clear()
    message = Message(2, messageType="promotional")
    world.server.arm(place, fault)
    while world.send([message]):
        message.received += 1
        assert message.received <= DELIVERIES, f"not moved after {fault} of {place}"
    world.server.disarm()
    assert world.aws.sent, f"acknowledged, but not moved after {fault} of {place}"
    for number, body in enumerate(world.aws.sent):
        arrived = {"messageId": f"moved-{number}", "eventSourceARN": "arn:aws:sqs:sa-east-1:0:promotional"}
        assert world.deliver([message.record | arrived | {"body": body}]) == []
    assert [world.shown(number) for number in message.numbers] == [1, 1]


def test_the_maintenance_function_whichever_call_fails(world: World, way: Way, record_property: Tell) -> None:
    """Its next run ends what this one could not; no letter is lost, and no submission is made."""
    tried = _try_all(world, partial(_maintain, world), way)
    record_property("tried", f"maintenance: {tried} faults of AWS")


def _maintain(world: World, place: Place | None = None, fault: Fault | None = None) -> None:
    world.begin(TOKEN)
    left, letter = Message(1), Message(1)
    world.leave_behind(left)
    world.open_breaker(Breaker.BALANCE)
    world.aws.SendMessage({"QueueUrl": DEAD_LETTERS, "MessageBody": letter.record["body"]})
    world.server.arm(place, fault)
    with suppress(ExceptionGroup):
        world.maintain()
    world.server.disarm()
    assert world.aws.letters
    world.aws.show_letters()
    world.maintain()
    told = f"after {fault} of {place}"
    assert {item["status"] for item in world.items(left).values()} == {"unknown"}, told
    assert {item["reason"] for item in world.items(letter).values()} == {"dead_lettered"}, told
    assert not world.open_breakers(), told
    assert not any(map(world.shown, (*left.numbers, *letter.numbers))), told
    assert {one["MessageAttributes"]["reason"]["StringValue"] for one in world.aws.letters.values()} == {
        "dead_lettered"
    }


def test_the_refresh_function_whichever_call_fails(world: World, way: Way, record_property: Tell) -> None:
    """The secret holds a whole token before and after, and the next refresh gets one that works."""
    tried = _try_all(world, partial(_refresh, world), way)
    record_property("tried", f"refresh: {tried} faults of AWS")


def _refresh(world: World, place: Place | None = None, fault: Fault | None = None) -> None:
    world.begin("dead")
    payload = json.dumps({"refused": fingerprint("dead")}).encode()
    world.server.arm(place, fault)
    with suppress(ClientError, BotoCoreError, StoreUnavailableError):
        world.refresh(payload)
    world.server.disarm()
    assert world.token
    world.forget()  # of the lock, whose lease is over by then
    world.refresh(payload)
    assert world.token != "dead", f"after {fault} of {place}"


@pytest.mark.parametrize("way", [Way(attempts=1)], ids=["one attempt"])
@pytest.mark.parametrize(
    ("place", "attempts"),
    [
        pytest.param(Place("GetSecretValue", 1), 0, id="the first read of the token"),
        pytest.param(Place("GetSecretValue", 2), 1, id="the read after a refusal"),
        pytest.param(Place("Invoke", 1), 1, id="the refresh"),
    ],
)
def test_a_token_that_does_not_come_in_time_leaves_the_message_waiting(
    world: World, way: Way, place: Place, attempts: int
) -> None:
    """It was refused, or not called for; both are recorded before the invocation ends, and neither is unknown.

    Of the 8 seconds that are left, 6 are kept for the writes. What hangs does so for longer than the other two.
    """
    assert way.attempts == 1
    world.server.function = world.invoke
    world.server.slow = 5
    world.begin("dead")
    message = Message(3)
    world.server.arm(place, Fault.SLOW)
    began = time.monotonic()
    assert world.deliver([message.record], Context(seconds=8), call_timeout=1) == [message.request_id]
    assert time.monotonic() - began < world.server.slow
    items = world.items(message).values()
    assert [(item["status"], item["reason"]) for item in items] == [("waiting", "not_started")] * 3
    assert sum(map(world.posts, message.numbers)) >= attempts
    world.server.disarm()
    world.let_time_pass(message)
    message.received += 1
    assert world.send([message]) == []
    assert [world.shown(number) for number in message.numbers] == [1] * 3
