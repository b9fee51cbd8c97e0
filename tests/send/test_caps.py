"""Caps on the way of a message: counted after the claim and before the call, and once for each submission."""

import json
from collections.abc import Callable, Collection, Iterator
from typing import Any

import pytest

from local.fake_realtime import Simulator
from realtime_sms.aws.caps import Window
from realtime_sms.aws.forgotten import MARKER, Forgotten
from realtime_sms.aws.settings import read
from realtime_sms.aws.table import CAPS, Key, StoreUnavailableError
from realtime_sms.outcomes.submission import iso
from realtime_sms.provider.calls import Call, CallResult
from realtime_sms.vocabulary import OptOutScope
from send.handler import Sender
from send.settings import SendSettings
from tests.fakes.aws.account import FakeAws
from tests.fakes.lambda_context import Context
from tests.fakes.send_parts import record_of

NUMBER, OTHER = "+56911110000", "+56911110001"

type MakeSender = Callable[..., Sender]


class Crash(BaseException):
    """The end of an environment."""


@pytest.fixture
def make(fresh: FakeAws, realtime: Simulator) -> Iterator[MakeSender]:
    """Yield a function that makes a sender with caps."""
    assert not fresh.items
    realtime.reset()
    made: list[Sender] = []

    def sender(**caps: Any) -> Sender:  # noqa: ANN401 (values of settings)
        made.append(Sender(read(SendSettings).model_copy(update=caps)))
        return made[-1]

    yield sender
    for one in made:
        one._client.close()


def _record(request_id: str, *numbers: str, received: int = 1, text: str = "a") -> dict[str, Any]:
    body = {"requestId": request_id, "recipients": numbers, "sender": "96000", "message": {"text": text}}
    return record_of(json.dumps(body), request_id, received=received)


def _used(aws: FakeAws) -> int:
    counters = [dict(item) for key, item in aws.items.items() if key[1] == CAPS]
    return sum(int(str(one["used"][1])) for one in counters)


def _outcome(aws: FakeAws, request_id: str, number: str = NUMBER) -> dict[str, Any]:
    return {name: value for name, (_, value) in aws.items[request_id, number]}


def test_what_the_day_has_no_room_for_waits_for_the_next(make: MakeSender, fresh: FakeAws, realtime: Simulator) -> None:
    """Its message stays in the queue; a text of three segments counts as three."""
    sender = make(max_segments_per_day=3)
    assert sender.send([_record("r-1", NUMBER, text="a" * 400)], Context()) == []
    assert sender.send([_record("r-2", NUMBER)], Context()) == ["r-2"]
    waiting = _outcome(fresh, "r-2")
    assert (waiting["status"], waiting["reason"]) == ("waiting", "daily_cap")
    assert waiting["dueAt"] > waiting["updatedAt"]
    assert "counted" not in waiting
    assert [message.recipient for message in realtime.inbox()] == [NUMBER]


def test_a_recipient_that_got_its_messages_is_refused(make: MakeSender, fresh: FakeAws, realtime: Simulator) -> None:
    """The request fails for it alone, before any call."""
    sender = make(max_per_recipient=(Window(1, 3_600),), max_segments_per_day=9)
    assert sender.send([_record("r-1", NUMBER)], Context()) == []
    assert sender.send([_record("r-2", NUMBER, OTHER)], Context()) == []
    refused = _outcome(fresh, "r-2")
    assert (refused["status"], refused["reason"]) == ("failed", "recipient_cap")
    assert _outcome(fresh, "r-2", OTHER)["status"] == "submitted"
    assert sorted(message.recipient for message in realtime.inbox()) == [NUMBER, OTHER]
    assert _used(fresh) == 2


def test_what_has_opted_out_is_not_counted(make: MakeSender, fresh: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was to be sent to it."""
    sender = make(max_segments_per_day=9)
    monkeypatch.setattr(sender._opt_outs, "find", lambda numbers, _hashed: dict.fromkeys(numbers, OptOutScope.ALL))
    sender.send([_record("r-1", NUMBER)], Context())
    assert (_outcome(fresh, "r-1")["reason"], _used(fresh)) == ("opted_out", 0)


@pytest.mark.parametrize("second", ["found", "failed"])
def test_what_a_second_look_for_forgotten_numbers_stops_is_not_counted(
    make: MakeSender, fresh: FakeAws, monkeypatch: pytest.MonkeyPatch, second: str
) -> None:
    """Nothing is sent to a number that was forgotten meanwhile, nor while nobody knows; so no cap is used."""
    sender = make(max_segments_per_day=9)
    fresh.items[MARKER] = (("recipient", ("S", MARKER[1])), ("requestId", ("S", MARKER[0])))
    looks: list[object] = []

    def finished(_forgotten: Forgotten, keys: Collection[Key]) -> set[Key]:
        looks.append(keys)
        if len(looks) > 1 and second == "failed":
            raise StoreUnavailableError
        return set(keys) if len(looks) > 1 else set()

    monkeypatch.setattr(Forgotten, "finished", finished)
    monkeypatch.setattr(sender._opt_outs, "find", lambda _numbers, _hashed: {})
    sender.send([_record("r-1", NUMBER)], Context())
    assert (_outcome(fresh, "r-1")["status"], _used(fresh)) == ("failed" if second == "found" else "waiting", 0)


def test_a_retry_is_not_counted_again(make: MakeSender, fresh: FakeAws, realtime: Simulator) -> None:
    """The submission remembers that it was counted, so a full day does not stop it."""
    realtime.inject("http_429", calls=1)
    sender = make(max_segments_per_day=1, max_per_recipient=(Window(1, 3_600),))
    assert sender.send([_record("r-1", NUMBER)], Context()) == ["r-1"]
    assert (_outcome(fresh, "r-1")["status"], _outcome(fresh, "r-1")["counted"]) == ("waiting", True)
    fresh.set_all("dueAt", iso(0))
    assert sender.send([_record("r-1", NUMBER, received=2)], Context()) == []
    assert (_outcome(fresh, "r-1")["status"], _used(fresh)) == ("submitted", 1)


def test_a_crash_between_count_and_call_only_sends_less(
    make: MakeSender, fresh: FakeAws, realtime: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was counted stays counted, and is not sent."""
    sender = make(max_segments_per_day=2)
    counted: list[int] = []

    def crash(_call: Call, *, latest: float) -> CallResult:
        counted.append(_used(fresh))
        raise Crash(latest)

    monkeypatch.setattr(sender, "_post", crash)
    with pytest.raises(Crash):
        sender.send([_record("r-1", NUMBER)], Context())
    assert counted == [1]
    after = make(max_segments_per_day=2)
    fresh.set_all("leaseUntil", iso(0))
    assert after.send([_record("r-1", NUMBER, received=2)], Context()) == []
    assert _outcome(fresh, "r-1")["status"] == "unknown"
    assert after.send([_record("r-2", OTHER), _record("r-3", OTHER)], Context()) in (["r-2"], ["r-3"])
    assert len(realtime.inbox()) == 1


def test_no_caps_cost_nothing(make: MakeSender, fresh: FakeAws) -> None:
    """No call, and no attribute."""
    sender = make()
    assert sender._caps is None
    assert sender.send([_record("r-1", NUMBER)], Context()) == []
    assert {key[0] for key in fresh.items} == {"r-1"}
    assert "counted" not in _outcome(fresh, "r-1")
