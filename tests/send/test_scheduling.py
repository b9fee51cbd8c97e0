"""Messages that are sent later: what waits in the queue, what rests in a schedule, and what is refused."""

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from local.fake_realtime import Simulator
from local.model_checker.table import fields
from realtime_sms.aws import clients
from realtime_sms.aws.forgotten import MARKER
from realtime_sms.aws.schedules import LARGEST
from realtime_sms.outcomes.submission import iso
from realtime_sms.requests.prepare import FURTHEST
from realtime_sms.vocabulary import Reason
from send.admission import Clock
from send.handler import Sender
from send.scheduling import NEAR
from tests.fakes.aws.account import FakeAws
from tests.fakes.aws.scheduler import QUEUE, FakeScheduler
from tests.fakes.lambda_context import Context
from tests.fakes.send_parts import NUMBERS, record_of

NOW = 1_800_000_000.0
LATER = NOW + 300 * 86_400  # seconds
ONE, TWO = NUMBERS[:2]
PROMOTIONAL = "arn:aws:sqs:sa-east-1:000000000000:<PromotionalQueue>"  # as the template's reference is rendered


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """Return the time, which a test may set."""
    at = {"now": NOW}
    monkeypatch.setattr(Clock, "now", lambda _self: at["now"])
    monkeypatch.setattr("send.admission.random", SimpleNamespace(Random=lambda: SimpleNamespace(random=lambda: 0.0)))
    return at


@pytest.fixture
def scheduler(monkeypatch: pytest.MonkeyPatch) -> FakeScheduler:
    """Return EventBridge Scheduler."""
    scheduler = FakeScheduler()
    monkeypatch.setattr(clients, "scheduler", lambda: scheduler.client)
    return scheduler


@pytest.fixture
def aws(fresh: FakeAws, realtime: Simulator, at: dict[str, float]) -> Iterator[FakeAws]:
    """Yield the other services, with nothing in them."""
    assert at["now"] == NOW
    realtime.reset()
    yield fresh
    assert "4711" not in str(fresh.dead_letters()[0].attributes if fresh.letters else "")


def _body(send_at: float | None = LATER, *recipients: str, **more: object) -> dict[str, Any]:
    time = {} if send_at is None else {"sendAt": iso(send_at)}
    text = {"text": "Su código es 4711"}
    return {"requestId": "r", "recipients": recipients or [ONE], "sender": "96000", "message": text, **time, **more}


def _send(*bodies: Any, message_id: str = "m", queue: str = QUEUE) -> list[str]:  # noqa: ANN401 (JSON, or a text)
    records = [
        record_of(one if isinstance(one, str) else json.dumps(one), f"{message_id}{number}") | {"eventSourceARN": queue}
        for number, one in enumerate(bodies)
    ]
    return Sender.from_environment().send(records, Context())


def _outcome(aws: FakeAws, recipient: str = ONE, request_id: str = "r") -> dict[str, Any]:
    return fields(aws.items[request_id, recipient])


def _inbox(realtime: Simulator) -> list[str]:
    return sorted(message.recipient for message in realtime.inbox())


def test_a_message_for_later_rests_in_a_schedule(
    aws: FakeAws, scheduler: FakeScheduler, realtime: Simulator, at: dict[str, float]
) -> None:
    """The queue need not keep it; its outcome says when it is due, and lives beyond that."""
    assert _send(_body(LATER, ONE, TWO)) == []
    for number in (ONE, TWO):
        outcome = _outcome(aws, number)
        assert (outcome["status"], outcome["reason"], outcome["dueAt"]) == ("waiting", "scheduled", iso(LATER))
        assert int(outcome["ttl"]) > LATER + 28 * 86_400
    assert _inbox(realtime) == []
    (body,) = scheduler.fire()
    at["now"] = LATER
    assert _send(body, body, message_id="back") == []
    assert _inbox(realtime) == [ONE, TWO]
    assert _outcome(aws)["status"] == "submitted"


def test_a_schedule_brings_back_the_request_with_its_id(aws: FakeAws, scheduler: FakeScheduler) -> None:
    """Without its envelope: the next message has another id of SQS's, and is the same request all the same."""
    body = _body()
    del body["requestId"]
    notification = {"Type": "Notification", "MessageId": "from-sns", "TopicArn": "arn", "Message": json.dumps(body)}
    assert _send(notification) == []
    assert [json.loads(one) for one in scheduler.fire()] == [{**body, "requestId": "from-sns"}]
    assert _outcome(aws, request_id="from-sns")["status"] == "waiting"


@pytest.mark.parametrize("ahead", [1.0, NEAR])
def test_a_message_for_soon_waits_in_the_queue(
    aws: FakeAws, scheduler: FakeScheduler, realtime: Simulator, at: dict[str, float], ahead: float
) -> None:
    """It is hidden until it is due, never less; then it is sent."""
    body = _body(NOW + ahead)
    assert _send(body) == ["m0"]
    assert aws.postponed == {"m0": ahead}
    assert (_outcome(aws)["reason"], _outcome(aws)["dueAt"]) == ("scheduled", iso(NOW + ahead))
    at["now"] = NOW + ahead - 0.001
    assert _send(body) == ["m0"]
    assert _inbox(realtime) == []
    at["now"] = NOW + ahead
    assert _send(body) == []
    assert (_inbox(realtime), scheduler.calls) == ([ONE], 0)


def test_a_message_that_comes_after_its_time_is_sent_at_once(
    aws: FakeAws, scheduler: FakeScheduler, realtime: Simulator
) -> None:
    """A queue may be late, and so may a schedule."""
    assert _send(_body(NOW - 86_400)) == []
    assert (_outcome(aws)["status"], _inbox(realtime), scheduler.calls) == ("submitted", [ONE], 0)


def test_a_message_for_now_needs_no_scheduler(scheduler: FakeScheduler, aws: FakeAws, realtime: Simulator) -> None:
    """No hold is asked, and no schedule made."""
    assert _send(_body(None)) == []
    assert (_inbox(realtime), scheduler.calls, len(aws.items)) == ([ONE], 0, 1)


def test_two_messages_of_a_request_have_one_schedule(
    aws: FakeAws, scheduler: FakeScheduler, realtime: Simulator, at: dict[str, float]
) -> None:
    """And one SMS, whatever comes back: a schedule that is invoked twice, beside a message that was published late."""
    assert _send(_body(), _body()) == []
    assert _send(_body(LATER + 60), message_id="n") == []
    assert _outcome(aws)["dueAt"] == iso(LATER)
    at["now"] = LATER
    assert _send(*scheduler.fire() * 2, _body(), message_id="back") == []
    assert _inbox(realtime) == [ONE]


def test_other_content_under_a_scheduled_id_is_a_conflict(aws: FakeAws, scheduler: FakeScheduler) -> None:
    """Also where the first message got no further than its schedule, and for other recipients."""
    assert _send(_body()) == []
    aws.items.clear()
    assert _send(_body(LATER, TWO), message_id="n") == []
    (letter,) = aws.dead_letters()
    assert letter.attributes["reason"] == Reason.CONFLICT
    assert ("r", TWO) not in aws.items
    assert len(scheduler.schedules) == 1


@pytest.mark.parametrize("ahead", [3600.0, NEAR + 5])
def test_what_scheduler_does_not_take_now_stays_in_the_queue(
    aws: FakeAws, scheduler: FakeScheduler, ahead: float
) -> None:
    """It backs off, comes back in time to wait in the queue, and costs the others of its batch one call."""
    scheduler.refuses = ("ThrottlingException", "")
    assert _send(_body(NOW + ahead), _body(NOW + ahead, requestId="q"), _body(None, TWO, requestId="n")) == ["m0", "m1"]
    assert set(aws.postponed.values()) == {min(10, ahead - NEAR)}
    assert {key: fields(item)["status"] for key, item in aws.items.items()} == {("n", TWO): "submitted"}
    assert scheduler.calls == 1
    scheduler.refuses = None
    assert _send(_body(NOW + ahead)) == []
    assert _outcome(aws)["reason"] == "scheduled"


def test_what_scheduler_does_not_take_backs_off_also_once_a_number_was_forgotten(
    aws: FakeAws, scheduler: FakeScheduler
) -> None:
    """The look for hashes leaves it as it is."""
    aws.items[MARKER] = (("recipient", ("S", MARKER[1])), ("requestId", ("S", MARKER[0])))
    aws.secrets[Sender.from_environment()._forgotten.hashes._secret_arn] = "k" * 43
    scheduler.refuses = ("ThrottlingException", "")
    assert _send(_body()) == ["m0"]
    assert aws.postponed == {"m0": 10}
    assert set(aws.items) == {MARKER}


def test_a_schedule_that_is_over_does_not_count(aws: FakeAws, scheduler: FakeScheduler, at: dict[str, float]) -> None:
    """Scheduler deletes it some time after its message came back; until then a new one waits in the queue."""
    assert _send(_body(NOW + 3600)) == []
    aws.items.clear()
    at["now"] = NOW + 3600
    assert _send(_body(LATER), message_id="n") == ["n0"]
    assert aws.items == {}
    scheduler.fire()
    assert _send(_body(LATER), message_id="n") == []
    assert _outcome(aws)["dueAt"] == iso(LATER)


def test_a_schedule_whose_outcome_was_not_written_keeps_its_message_in_the_queue(
    aws: FakeAws, scheduler: FakeScheduler, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until the outcome says that it is scheduled; the schedule is there already, and is made once."""
    with monkeypatch.context() as patch:
        patch.setattr(Sender.from_environment()._submissions, "apply", lambda _changes: 1 / 0)
        assert _send(_body()) == ["m0"]
    assert (aws.items, len(scheduler.schedules)) == ({}, 1)
    assert _send(_body()) == []
    assert _outcome(aws)["reason"] == "scheduled"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        pytest.param(_body(NOW + FURTHEST + 1), "sendAt: is more than 366 days ahead", id="too far"),
        pytest.param(_body(expiresAt=iso(LATER)), "sendAt: must be before expiresAt", id="expires at that time"),
        pytest.param(_body(expiresAt=iso(NOW + 60)), "sendAt: must be before expiresAt", id="expires before"),
        pytest.param(json.dumps(_body()) + " " * LARGEST, None, id="spaces do not count"),
        pytest.param(_body(metadata={f"k{n}": "ñ" * 256 for n in range(16)}), None, id="metadata fit"),
    ],
)
def test_a_time_that_nothing_can_be_sent_at_makes_a_dead_letter(
    aws: FakeAws,
    scheduler: FakeScheduler,
    body: object,
    said: str | None,
) -> None:
    """With its reason; nothing is scheduled."""
    assert _send(body) == []
    assert len(scheduler.schedules) == (said is None)
    assert [(one.attributes["reason"], one.attributes["detail"]) for one in aws.dead_letters()] == (
        [] if said is None else [("invalid_request", said)]
    )


def test_what_scheduler_refuses_for_good_is_a_dead_letter(aws: FakeAws, scheduler: FakeScheduler) -> None:
    """AWS's words, which may quote the text, are not passed on."""
    scheduler.refuses = ("ValidationException", "Value 'Su código es 4711' at 'target.input' failed")
    assert _send(_body()) == []
    (letter,) = aws.dead_letters()
    assert letter.attributes["reason"] == "invalid_request"
    assert letter.attributes["detail"].startswith("sendAt: EventBridge Scheduler does not take this request")
    assert ("r", ONE) not in aws.items


def test_a_promotional_message_is_moved_before_it_is_scheduled(aws: FakeAws, scheduler: FakeScheduler) -> None:
    """So that its schedule brings it back to its own queue."""
    assert _send(_body(messageType="promotional")) == []
    assert (scheduler.calls, len(aws.sent), aws.items) == (0, 1, {})
    assert _send(*aws.sent, queue=PROMOTIONAL) == []
    assert [schedule["Target"]["Arn"] for schedule in scheduler.schedules.values()] == [PROMOTIONAL]
    assert _outcome(aws)["reason"] == "scheduled"


def test_what_can_be_sent_to_nobody_is_refused_now(aws: FakeAws, scheduler: FakeScheduler) -> None:
    """Its outcome need not wait, nor a schedule be made."""
    assert _send(_body(LATER, "not a number")) == []
    assert scheduler.calls == 0
    assert [fields(item)["status"] for item in aws.items.values()] == ["failed"]
