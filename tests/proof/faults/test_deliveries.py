"""One message delivered many times: at the same time, and again after days under another message id."""

import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from realtime_sms.aws import clients
from realtime_sms.aws.cancel import Answer, cancel_all, of_messages
from realtime_sms.aws.queues import DeadLetters, Producer, with_request_id
from realtime_sms.aws.submissions import Indeterminate, Submissions, WriteResult
from realtime_sms.aws.table import StoreUnavailableError
from realtime_sms.outcomes.decide import Change
from realtime_sms.requests.envelope import open_envelope
from realtime_sms.requests.prepare import Defaults, prepare
from rtsms.redrive import Redrive
from tests.fakes.aws.sqs import DEAD_LETTERS, PROMOTIONAL_QUEUE, QUEUE_URLS, SEND_QUEUE
from tests.proof.faults.world import TOKEN, Message, World

DELIVERIES = 20
DAYS = 13  # after which a dead letter still is there, and may be sent back


def test_twenty_deliveries_at_the_same_time_make_one_call_for_each_recipient(world: World) -> None:
    """Twenty environments take up the same message at once; it ends with one submission each."""
    world.begin(TOKEN)
    message = Message(5, received=2)
    for warm in (clients.dynamodb, clients.sqs, clients.secrets):
        warm()
    begin = Barrier(DELIVERIES)

    def deliver() -> list[str]:
        begin.wait()
        return world.send([message])

    with ThreadPoolExecutor(DELIVERIES) as environments:
        for one in [environments.submit(deliver) for _ in range(DELIVERIES)]:
            one.result()
        assert world.send([message]) == []
    assert {number: world.posts(number) for number in message.numbers} == dict.fromkeys(message.numbers, 1)
    assert {item["status"] for item in world.items(message).values()} == {"submitted"}


class Unnamed(Message):
    """A request that names no id: its message's is its own."""

    @property
    def body(self) -> str:
        """Return what the producer wrote."""
        return json.dumps({"recipients": self.numbers, "message": {"text": "hello"}})

    def record_of(self, message_id: str, body: str) -> dict[str, object]:
        """Write a delivery of it."""
        return super().record | {"messageId": message_id, "body": body}


def _bury(world: World, message: Unnamed) -> None:
    """Let SQS move a message to the dead-letter queue, under its own id, and maintenance record why."""
    world.aws.letters[message.request_id] = {
        "MessageId": message.request_id,
        "ReceiptHandle": message.request_id,
        "Body": message.body,
    }
    world.maintain()
    world.aws.show_letters()


@pytest.mark.parametrize("sent_before", [True, False], ids=["submitted before", "never sent"])
def test_a_redrive_after_thirteen_days_sends_what_was_not_sent_and_nothing_else(
    world: World, *, sent_before: bool
) -> None:
    """Under a new message id, as SQS gives it; the request's own was written into its body."""
    world.begin(TOKEN)
    message = Unnamed(1)
    first = message.record_of(message.request_id, message.body)
    if sent_before:
        assert world.deliver([first]) == []
    world.age(DAYS)
    _bury(world, message)
    [redriven] = _redrive(world).run("dead_lettered", now=time.time())
    assert redriven.request_id == message.request_id
    assert world.deliver([message.record_of("another id", world.aws.sent.pop())]) == []
    [number] = message.numbers
    assert world.posts(number) == 1
    assert world.items(message)[number]["status"] == "submitted"


def test_a_letter_that_is_sent_back_late_and_often_finds_what_was_sent(world: World) -> None:
    """An outcome lives as long from its last redrive as from its first claim, and so longer than the message."""
    world.begin(TOKEN)
    message = Unnamed(1)
    assert world.deliver([message.record_of(message.request_id, message.body)]) == []
    for _ in range(3):
        world.age(27)
        _bury(world, message)
        [_redriven] = _redrive(world).run("dead_lettered", now=time.time())
        assert world.deliver([message.record_of("another id", world.aws.sent.pop())]) == []
    assert world.posts(message.numbers[0]) == 1


@pytest.mark.parametrize(
    ("more", "group"),
    [
        ({"messageType": "promotional", "campaign": "mayo"}, (PROMOTIONAL_QUEUE, "mayo")),
        ({"messageType": "promotional"}, (PROMOTIONAL_QUEUE, None)),
        ({}, (SEND_QUEUE, None)),
        ({"unknown": 1}, (SEND_QUEUE, None)),
    ],
    ids=["of a campaign", "promotional", "transactional", "not readable"],
)
def test_a_letter_goes_back_to_the_queue_of_its_message_type(
    world: World, more: dict[str, object], group: tuple[str, str | None]
) -> None:
    """What this version cannot read goes to the send queue, which moves it if a newer one can."""
    world.begin(TOKEN)
    message = Unnamed(1)
    body = json.dumps(json.loads(message.body) | more)
    DeadLetters(clients.sqs(), DEAD_LETTERS).put(body, reason="invalid_request", detail="-", request_id="r-lane")
    [redriven] = _redrive(world).run("invalid_request", now=time.time())
    assert (redriven.refused, world.aws.groups.pop()) == ("", group)
    assert json.loads(world.aws.sent.pop())["requestId"] == "r-lane"


def _cancel(world: World, message: Unnamed) -> None:
    prepared = prepare(open_envelope(message.body, message.request_id), Defaults("CL", "96000"))
    answers = cancel_all(Submissions(world.table), of_messages(prepared.messages, owner="o", now=time.time()))
    assert {one.answer for one in answers.values()} == {Answer.CANCELLED}


def test_a_cancelled_message_ends_without_a_call(world: World) -> None:
    """Whether it was received before or not."""
    world.begin(TOKEN)
    messages = [Unnamed(1), Unnamed(2), Unnamed(1, received=2)]
    for message in messages:
        _cancel(world, message)
    assert world.deliver([one.record_of(one.request_id, one.body) for one in messages]) == []
    for message in messages:
        assert {one["status"] for one in world.items(message).values()} == {"cancelled"}
        assert sum(map(world.posts, message.numbers)) == 0


def test_a_dead_letter_of_what_was_cancelled_is_sent_to_nobody(world: World) -> None:
    """Neither its record nor a redrive changes the outcome."""
    world.begin(TOKEN)
    message = Unnamed(1)
    _cancel(world, message)
    before = world.items(message)
    _bury(world, message)
    assert world.items(message) == before
    [redriven] = _redrive(world).run("dead_lettered", now=time.time())
    assert (redriven.request_id, redriven.reopened) == (message.request_id, 0)
    assert world.deliver([message.record_of("another id", world.aws.sent.pop())]) == []
    assert {one["status"] for one in world.items(message).values()} == {"cancelled"}
    assert world.posts(message.numbers[0]) == 0


def test_a_dead_letter_that_is_cancelled_is_sent_by_no_redrive(world: World) -> None:
    """Its outcome was `failed`; a redrive would send it otherwise."""
    world.begin(TOKEN)
    message = Unnamed(1)
    _bury(world, message)
    [number] = message.numbers
    assert world.items(message)[number]["reason"] == "dead_lettered"
    _cancel(world, message)
    [redriven] = _redrive(world).run("dead_lettered", now=time.time())
    assert (redriven.request_id, redriven.reopened) == (message.request_id, 0)
    assert world.deliver([message.record_of("another id", world.aws.sent.pop())]) == []
    assert world.items(message)[number]["status"] == "cancelled"
    assert world.posts(number) == 0


@pytest.mark.parametrize("wins", ["the redrive", "the canceller"])
def test_a_cancellation_beside_a_redrive_is_kept(world: World, wins: str) -> None:
    """Each writes only what the table still holds as it read it; the canceller then looks again."""
    world.begin(TOKEN)
    message = Unnamed(1)
    _bury(world, message)
    redrive, submissions = _redrive(world), Submissions(world.table)

    def first(other: Callable[[], object]) -> Callable[[Sequence[Change]], list[WriteResult]]:
        def apply(changes: Sequence[Change]) -> list[WriteResult]:
            monkey.undo()
            other()
            return submissions.apply(changes)

        return apply

    def redriven() -> None:
        [_] = redrive.run("dead_lettered", now=time.time())

    with pytest.MonkeyPatch.context() as monkey:
        if wins == "the redrive":
            monkey.setattr(Submissions, "apply", lambda _, changes: first(redriven)(changes))
            _cancel(world, message)
        else:
            monkey.setattr(Submissions, "apply", lambda _, changes: first(lambda: _cancel(world, message))(changes))
            redriven()
    assert world.deliver([message.record_of("another id", world.aws.sent.pop())]) == []
    assert {one["status"] for one in world.items(message).values()} == {"cancelled"}
    assert world.posts(message.numbers[0]) == 0


def test_a_redrive_keeps_a_letter_whose_recipients_it_could_not_reopen(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were its message sent back all the same, the sender would take the buried recipients for done."""
    world.begin(TOKEN)
    message = Unnamed(1)
    _bury(world, message)
    redrive, sent = _redrive(world), len(world.aws.sent)
    with monkeypatch.context() as patched:
        patched.setattr(redrive.submissions, "apply", lambda changes: [Indeterminate("Throttled")] * len(changes))
        with pytest.raises(StoreUnavailableError):
            list(redrive.run("dead_lettered", now=time.time()))
    assert len(world.aws.sent) == sent
    assert len(world.aws.letters) == 1
    world.aws.show_letters()
    [_] = _redrive(world).run("dead_lettered", now=time.time())
    assert world.deliver([message.record_of("another id", world.aws.sent.pop())]) == []
    assert world.posts(message.numbers[0]) == 1


@pytest.mark.parametrize("gone", ["missing", "past its TTL"])
def test_a_redrive_refuses_a_letter_with_an_outcome_missing(world: World, gone: str) -> None:
    """That recipient may have its SMS; the letter stays, and says which recipient it is."""
    world.begin(TOKEN)
    message = Unnamed(2)
    _bury(world, message)
    key, sent = (message.request_id, message.numbers[1]), len(world.aws.sent)
    if gone == "missing":
        del world.aws.items[key]
    else:
        past = dict(world.aws.items[key]) | {"ttl": ("N", str(int(time.time()) - 1))}
        world.aws.items[key] = tuple(sorted(past.items()))
    [redriven] = _redrive(world).run("dead_lettered", now=time.time())
    assert redriven.refused.startswith(f"recipients[1], +56***{message.numbers[1][-2:]}: has no outcome any more")
    assert (len(world.aws.sent), len(world.aws.letters)) == (sent, 1)
    assert world.items(message)[message.numbers[0]]["status"] == "failed"


def test_a_letter_that_an_older_version_could_not_read_has_no_outcome_to_miss(world: World) -> None:
    """It was rejected before anything was sent, so a redrive sends it once this version can read it."""
    world.begin(TOKEN)
    message = Unnamed(1)
    attributes = {"reason": "invalid_request", "detail": "-", "requestId": message.request_id}
    world.aws.letters["letter"] = {
        "MessageId": "letter",
        "ReceiptHandle": "letter",
        "Body": message.body,
        "MessageAttributes": {name: {"DataType": "String", "StringValue": one} for name, one in attributes.items()},
    }
    [redriven] = _redrive(world).run("invalid_request", now=time.time())
    assert (redriven.refused, world.aws.letters) == ("", {})
    assert world.deliver([message.record_of("another id", world.aws.sent.pop())]) == []
    assert world.posts(message.numbers[0]) == 1


def test_a_redrive_asks_all_of_the_queues_servers(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQS does that where it may wait; else a few letters may not be shown, and none be said to be there."""
    asked: list[dict[str, int]] = []

    def receive(request: dict[str, int]) -> dict[str, list[object]]:
        asked.append(request)
        return {"Messages": []}

    monkeypatch.setattr(world.aws, "ReceiveMessage", receive)
    assert list(_redrive(world).run("dead_lettered", now=time.time())) == []
    assert [request["WaitTimeSeconds"] > 0 for request in asked] == [True]


def test_a_letter_whose_envelope_cannot_be_opened_goes_back_as_it_is() -> None:
    """It is rejected again, and does not keep the letters behind it from being sent back."""
    body = json.dumps({"Type": "Notification", "MessageId": "no id", "TopicArn": "arn", "Message": "{}"})
    assert with_request_id(body, "r-1") == body


def test_a_letter_grows_by_its_request_id_only() -> None:
    """A body of the queue's largest size, in whatever script, must fit again."""
    body = '{"text":"' + "ñ" * 1000 + '"}'
    assert len(with_request_id(body, "r-1").encode()) == len(body.encode()) + len(',"requestId":"r-1"')


def _redrive(world: World) -> Redrive:
    sqs, submissions = clients.sqs(), Submissions(world.table)
    producer, dead_letters = Producer(sqs, QUEUE_URLS), DeadLetters(sqs, DEAD_LETTERS)
    return Redrive(producer, dead_letters, submissions, Defaults(sender="96000"))
