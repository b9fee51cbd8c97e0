"""Lanes: a promotional message leaves the send queue for its own, and each message goes back to where it came from."""

import json
from typing import Any

import pytest

from local.fake_realtime import Simulator
from realtime_sms.aws.queues import SendQueue
from realtime_sms.aws.telemetry import Metric
from realtime_sms.outcomes.submission import Rules
from realtime_sms.requests.model import MAX_TEXT
from send.handler import lambda_handler
from tests.fakes.aws.account import FakeAws
from tests.fakes.aws.errors import Refused
from tests.fakes.lambda_context import Context
from tests.fakes.send_parts import NUMBERS, record_of

SEND, PROMOTIONAL = "<SendQueue>", "<PromotionalQueue>"  # as the template's references are rendered
LARGE = "🚚" * MAX_TEXT  # four bytes each; more segments than are sent, which its own lane says
UNAVAILABLE = ("+56900000503", "+56900001503")  # 503, as the simulator answers for these numbers


@pytest.fixture(autouse=True)
def _quiet_phones(fresh: FakeAws, realtime: Simulator) -> None:
    assert not fresh.items
    realtime.reset()


def _record(number: str, *, on: str = SEND, named: bool = True, **more: object) -> dict[str, Any]:
    body = {"recipients": [number], "sender": "96000", "message": {"text": "a"}, **more}
    body |= {"requestId": f"r{number}"} if named else {}
    return record_of(json.dumps(body), number) | {"eventSourceARN": f"arn:aws:sqs:sa-east-1:000000000000:{on}"}


def _promotional(number: str, *, named: bool = True, **more: object) -> dict[str, Any]:
    body: dict[str, Any] = {"messageType": "promotional", "campaign": "mayo"} | more
    return _record(number, named=named, **body)


def _handle(*records: dict[str, Any]) -> list[str]:
    reply = lambda_handler({"Records": list(records)}, Context())  # type: ignore[arg-type]  # no more of it is asked for
    return [one["itemIdentifier"] for one in reply["batchItemFailures"]]


def _shown(realtime: Simulator) -> list[str]:
    return sorted(message.recipient for message in realtime.inbox())


def test_a_promotional_message_is_moved_and_the_others_are_sent(fresh: FakeAws, realtime: Simulator) -> None:
    """It is acknowledged without a claim; the other queue has it, with its campaign as its group."""
    code, *adverts = NUMBERS[:3]
    assert _handle(*map(_promotional, adverts), _record(code)) == []
    assert _shown(realtime) == [code]
    assert {key[1] for key in fresh.items} == {code}
    assert [json.loads(body)["requestId"] for body in fresh.sent] == [f"r{number}" for number in adverts]
    assert fresh.groups == [(PROMOTIONAL, "mayo")] * 2


def test_a_moved_message_keeps_the_id_that_it_had_on_the_send_queue(fresh: FakeAws, realtime: Simulator) -> None:
    """Else it would be a second SMS if both messages are there; an envelope is left behind."""
    number = NUMBERS[0]
    bare = _record(number, named=False, messageType="promotional")
    event = {"id": "e-1", "detail-type": "offer", "source": "shop", "detail": json.loads(bare["body"])}
    for record, request_id in ((bare, number), (bare | {"body": json.dumps(event)}, "e-1")):
        assert _handle(record) == []
        assert json.loads(fresh.sent[-1]) == json.loads(bare["body"]) | {"requestId": request_id}
    assert fresh.groups == [(PROMOTIONAL, None)] * 2
    assert _shown(realtime) == []


def test_one_id_on_both_queues_is_one_sms(fresh: FakeAws, realtime: Simulator) -> None:
    """The original is delivered again, as after a crash before its acknowledgement."""
    record = _promotional(NUMBERS[0])
    assert _handle(record) == _handle(record) == []
    arrived = [record_of(body, f"moved {place}") for place, body in enumerate(fresh.sent)]
    for one in arrived:
        assert _handle(one | {"eventSourceARN": f"arn:aws:sqs:sa-east-1:000000000000:{PROMOTIONAL}"}) == []
    assert len(arrived) == 2
    assert _shown(realtime) == [NUMBERS[0]]


@pytest.mark.parametrize("message_type", ["transactional", "promotional"])
def test_on_the_promotional_queue_everything_is_sent_where_it_is(
    fresh: FakeAws, realtime: Simulator, message_type: str
) -> None:
    """Whatever its type."""
    assert _handle(_record(NUMBERS[0], on=PROMOTIONAL, messageType=message_type)) == []
    assert _shown(realtime) == [NUMBERS[0]]
    assert fresh.sent == []


@pytest.mark.parametrize("failure", ["each is refused", "the call fails"])
def test_a_message_that_cannot_be_moved_stays(
    fresh: FakeAws, realtime: Simulator, monkeypatch: pytest.MonkeyPatch, failure: str
) -> None:
    """It is tried again, ever later; what else is in the batch is sent."""

    def fail(_request: object) -> None:
        raise Refused("AccessDenied")

    if failure == "the call fails":
        monkeypatch.setattr(fresh, "SendMessageBatch", fail)
    fresh.full = True
    advert, code = _promotional(NUMBERS[0]), _record(NUMBERS[1])
    advert["attributes"]["ApproximateReceiveCount"] = "4"
    assert _handle(advert, code) == [NUMBERS[0]]
    assert _shown(realtime) == [NUMBERS[1]]
    rules = Rules()
    assert rules.delay(4, 1) <= fresh.postponed[NUMBERS[0]] <= rules.delay(4, 0) + 2


def test_messages_too_large_for_one_call_are_moved_one_by_one(fresh: FakeAws) -> None:
    """A batch of SQS has a limit of its own."""
    records = [_promotional(number, message={"text": LARGE}) for number in NUMBERS]
    assert _handle(*records) == []
    assert len(fresh.sent) == len(NUMBERS)


def test_what_is_put_off_goes_back_to_its_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    """A retry stays in its lane, and is measured there: a lane may wait for a night."""
    told = []

    def note(queue: SendQueue, delays: Any) -> None:  # noqa: ANN401 (as it is given)
        told.append((queue._url, queue._age, [message.message_id for message, _ in delays]))

    monkeypatch.setattr(SendQueue, "postpone", note)
    for lane, number in zip((SEND, PROMOTIONAL), UNAVAILABLE, strict=True):
        assert _handle(_record(number, on=lane)) == [number]
    assert told == [
        (SEND, Metric.WAITING_AGE, [UNAVAILABLE[0]]),
        (PROMOTIONAL, Metric.PROMOTIONAL_WAITING_AGE, [UNAVAILABLE[1]]),
    ]
