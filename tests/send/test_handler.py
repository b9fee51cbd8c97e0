"""A batch of ten in which one message is not as the others: it stays, and the nine are sent and acknowledged."""

import json
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

import pytest

from local.fake_realtime import Simulator
from local.model_checker.table import Item, Value, breaker, fields, item_of, key_of
from realtime_sms.aws.submissions import Submissions
from realtime_sms.aws.table import BREAKERS, LANES
from realtime_sms.outcomes.decide import Change
from realtime_sms.outcomes.submission import Rules, Submission
from send import admission, deliver
from send.admission import Clock
from send.deliver import Delivery
from send.handler import Sender, lambda_handler
from tests.fakes.aws.account import FakeAws
from tests.fakes.lambda_context import Context
from tests.fakes.send_parts import NUMBERS, record_of

ODD, *OTHERS = NUMBERS
PAST = "2020-01-01T00:00:00.000Z"
_batches = count()


@pytest.fixture
def batch(fresh: FakeAws, realtime: Simulator) -> list[dict[str, Any]]:
    """Return ten messages, of one recipient each, that nobody has sent."""
    assert not fresh.items
    realtime.reset()
    return [_record(next(_batches), number) for number in NUMBERS]


def _record(number: int, recipient: str) -> dict[str, Any]:
    body = {"requestId": f"r-{number}", "recipients": [recipient], "sender": "96000", "message": {"text": "a"}}
    return record_of(json.dumps(body), recipient)


def _handle(*records: dict[str, Any]) -> list[str]:
    reply = lambda_handler({"Records": list(records)}, Context())  # type: ignore[arg-type]  # no more of it is asked for
    return [one["itemIdentifier"] for one in reply["batchItemFailures"]]


def _status(aws: FakeAws, recipient: str) -> str:
    (item,) = (item for key, item in aws.items.items() if key[1] == recipient)
    return str(fields(item)["status"])


def _change_item(aws: FakeAws, recipient: str, values: Mapping[str, Value | None]) -> None:
    """Let an item be as another version of this software might have left it."""
    (key,) = (key for key in aws.items if key[1] == recipient)
    changed: dict[str, Value | None] = {**dict(aws.items[key]), **values}
    aws.items[key] = tuple(sorted((name, value) for name, value in changed.items() if value is not None))


def _shown(realtime: Simulator) -> list[str]:
    return sorted(message.recipient for message in realtime.inbox())


@pytest.mark.parametrize("received", ["1", "2"], ids=["met by the claim", "met by the read before"])
@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"status": ("S", "teleported")}, id="a status that we do not know"),
        pytest.param({"delivery": ("S", "beamed")}, id="a delivery that we do not know"),
        pytest.param({"attempt": ("S", "three")}, id="an attribute of another type"),
        pytest.param({"updatedAt": ("S", "yesterday")}, id="a time that is none"),
        pytest.param({"owner": None}, id="an attribute that is missing"),
    ],
)
def test_one_item_that_cannot_be_read_keeps_one_message(
    fresh: FakeAws,
    realtime: Simulator,
    batch: list[dict[str, Any]],
    values: Mapping[str, Value | None],
    received: str,
) -> None:
    """It comes back later, when a version may be at work that reads it; it is neither sent nor changed."""
    assert _handle(batch[0]) == []
    _change_item(fresh, ODD, values)
    left = {key: item for key, item in fresh.items.items() if key[1] == ODD}
    for record in batch:
        record["attributes"]["ApproximateReceiveCount"] = received
    assert _handle(*batch) == [ODD]
    assert [_status(fresh, number) for number in OTHERS] == ["submitted"] * 9
    assert _shown(realtime) == sorted(NUMBERS)  # the odd one once, by the first delivery
    assert left.items() <= fresh.items.items()
    assert fresh.postponed[ODD] == pytest.approx(Rules().longest_delay, abs=2)


@pytest.mark.parametrize("attribute", ["reason", "deliveryReason"])
def test_a_reason_of_a_newer_version_changes_nothing(
    fresh: FakeAws, realtime: Simulator, batch: list[dict[str, Any]], attribute: str
) -> None:
    """Nothing is decided by it: the submission is final, and its message is done."""
    assert _handle(batch[0]) == []
    _change_item(fresh, ODD, {"status": ("S", "failed"), attribute: ("S", "full_moon")})
    assert _handle(*batch) == []
    assert _shown(realtime) == sorted(NUMBERS)


def _failing(inner: Callable[..., Any], recipient_of: Callable[..., str]) -> Callable[..., Any]:
    """Do what `inner` does, and fail for the odd recipient."""

    def outer(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 (whatever it takes and gives)
        if recipient_of(*arguments) == ODD:
            raise ZeroDivisionError
        return inner(*arguments, **named)

    return outer


def _of_decide(_message: object, recipient: str, *_: object) -> str:
    return recipient


def _of_statement(_submissions: Submissions, change: Change) -> str:
    return change.after.recipient


def _of_submission(_delivery: Delivery, _job: object, mine: Submission, *_: object) -> str:
    return mine.recipient


def _of_settled(_delivery: Delivery, mine: Submission, *_: object) -> str:
    return mine.recipient


@pytest.mark.parametrize(
    ("owner", "name", "recipient_of", "calls"),
    [
        pytest.param(deliver, "decide", _of_decide, 0, id="when its step is chosen"),
        pytest.param(Submissions, "_statement", _of_statement, 0, id="when its claim is written, with others"),
        pytest.param(Delivery, "_withheld", _of_submission, 0, id="before its call"),
        pytest.param(Delivery, "_settled", _of_settled, 1, id="after its call"),
    ],
)
def test_an_error_of_our_own_code_keeps_one_message(  # noqa: PLR0913, PLR0917 (fixtures, and where it fails)
    fresh: FakeAws,
    realtime: Simulator,
    batch: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    owner: object,
    name: str,
    recipient_of: Callable[..., str],
    calls: int,
) -> None:
    """And only that one, wherever it happens: also where its write travels with those of others."""
    monkeypatch.setattr(owner, name, _failing(getattr(owner, name), recipient_of))
    assert _handle(*batch) == [ODD]
    assert [_status(fresh, number) for number in OTHERS] == ["submitted"] * 9
    assert _shown(realtime) == sorted([*OTHERS, *[ODD] * calls])
    assert min(fresh.postponed.values()) >= 5  # seconds: a message that failed at once would soon be received too often


def test_a_wrong_address_fails_no_message_and_costs_few_calls(
    fresh: FakeAws, realtime: Simulator, batch: list[dict[str, Any]]
) -> None:
    """Ten and ten more messages: what is in flight, then one probe. When it is answered, all are sent."""
    realtime.inject("http_404", calls=1000)
    assert len(_handle(*batch)) == 10
    calls = realtime.counters.posts
    assert calls <= 11  # those in flight, and the first probe
    assert {str(fields(item)["status"]) for key, item in fresh.items.items() if key[0] != BREAKERS} <= {"waiting"}
    fresh.set_all("dueAt", PAST)
    assert len(_handle(*batch)) == 10
    assert realtime.counters.posts <= calls + 1
    realtime.reset()
    breaker = dict(fresh.items[BREAKERS, "endpoint"])
    fresh.items[BREAKERS, "endpoint"] = tuple(sorted((breaker | {"times": ("N", "1")}).items()))
    fresh.set_all("dueAt", PAST)
    Sender.from_environment()._client.close()
    Sender.from_environment.cache_clear()  # another environment, an hour later
    for _ in range(3):
        _handle(*batch)
        fresh.set_all("dueAt", PAST)
    assert _shown(realtime) == sorted(NUMBERS)
    assert "since" not in fields(fresh.items[BREAKERS, "endpoint"])


def test_a_token_of_the_wrong_format_fails_no_message(
    fresh: FakeAws, realtime: Simulator, batch: list[dict[str, Any]]
) -> None:
    """RealTime answers 400 to everything then, *Get balance* too."""
    realtime.inject("http_400", calls=1000)
    realtime.inject("http_400", calls=1000, operation="balance")
    assert len(_handle(*batch)) == 10
    ended = {
        (fields(item)["status"], fields(item)["reason"]) for key, item in fresh.items.items() if key[0] != BREAKERS
    }
    assert ended <= {("waiting", "unauthorized"), ("waiting", "not_started")}
    assert "since" in fields(fresh.items[BREAKERS, "auth"])
    assert realtime.counters.balances <= 2


def test_copies_of_a_message_in_one_batch_are_never_written_by_one_call(
    fresh: FakeAws, realtime: Simulator, batch: list[dict[str, Any]]
) -> None:
    """DynamoDB refuses a call that names an item twice, and the writes of nine others with it; so would the fake."""
    copies = [{**record, "messageId": f"copy-{number}"} for number, record in enumerate(batch[:5])]
    assert _handle(*batch[:5], *copies) == []
    assert _shown(realtime) == sorted(NUMBERS[:5])
    assert {str(fields(item)["status"]) for item in fresh.items.values()} == {"submitted"}


@pytest.mark.parametrize(
    "shut",
    [
        pytest.param(item_of(LANES, "transactional", pausedSince=("N", "1")), id="paused"),
        pytest.param(breaker("balance", "no_balance", "1"), id="a breaker is open"),
    ],
)
def test_an_invocation_whose_lane_may_not_send_waits_before_it_puts_its_messages_back(
    fresh: FakeAws, realtime: Simulator, batch: list[dict[str, Any]], shut: Item, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is claimed or called, and a queue is emptied slowly until maintenance has closed the lane."""
    waits: list[tuple[float, int]] = []
    monkeypatch.setattr(admission, "_SHUT_SECONDS", 20.0)
    monkeypatch.setattr(Clock, "sleep", lambda _, seconds: waits.append((seconds, len(fresh.postponed))))
    fresh.items[key_of(shut)] = shut
    assert sorted(_handle(*batch)) == sorted(NUMBERS)
    assert waits == [(20.0, 0)]
    assert len(fresh.postponed) == len(NUMBERS)
    assert (fresh.claims, _shown(realtime)) == (0, [])


def test_the_other_lane_goes_on_while_one_is_paused(
    fresh: FakeAws, realtime: Simulator, batch: list[dict[str, Any]]
) -> None:
    """At once."""
    paused = item_of(LANES, "promotional", pausedSince=("N", "1"))
    fresh.items[key_of(paused)] = paused
    assert _handle(*batch) == []
    assert _shown(realtime) == sorted(NUMBERS)
