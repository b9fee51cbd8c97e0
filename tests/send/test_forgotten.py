"""A request that is published again after its number was forgotten: nothing is sent, and no trace comes back."""

import hashlib
import json
from collections.abc import Collection
from typing import Any

import pytest

from local.fake_realtime import Simulator
from local.model_checker.table import fields
from realtime_sms.aws.forgotten import MARKER, PREFIX, Forgotten
from realtime_sms.aws.table import BREAKERS, OPT_OUTS, Key
from send.handler import Sender
from tests.fakes.aws.account import FakeAws
from tests.fakes.aws.errors import Refused
from tests.fakes.lambda_context import Context
from tests.fakes.send_parts import NUMBERS, record_of

FORGOTTEN, OTHER = NUMBERS[:2]


KEY = "k" * 43


@pytest.fixture
def hashed(fresh: FakeAws, realtime: Simulator) -> str:
    """Return what stands in the place of the number that was forgotten; the stack has the key."""
    realtime.reset()
    hashes = Sender.from_environment()._forgotten.hashes
    fresh.secrets[hashes._secret_arn] = KEY
    return hashes.of(FORGOTTEN)


def _hold(aws: FakeAws, *keys: Key) -> None:
    for request_id, recipient in keys:
        aws.items[request_id, recipient] = (("recipient", ("S", recipient)), ("requestId", ("S", request_id)))


def _send(*numbers: str, text: str = "a", request_id: str = "r-1") -> list[str]:
    body = {"requestId": request_id, "recipients": list(numbers), "sender": "96000", "message": {"text": text}}
    records: list[dict[str, Any]] = [record_of(json.dumps(body), "m")]
    return Sender.from_environment().send(records, Context())


def test_a_finished_request_to_a_forgotten_number_sends_nothing(
    fresh: FakeAws, realtime: Simulator, hashed: str
) -> None:
    """It is acknowledged, and the table has no item more; another recipient of the same request is sent to."""
    assert hashed.startswith(PREFIX)
    _hold(fresh, MARKER, ("r-1", hashed))
    before = set(fresh.items)
    assert _send(FORGOTTEN) == []
    assert set(fresh.items) == before
    assert not realtime.inbox()
    assert _send(OTHER) == []
    assert [one.recipient for one in realtime.inbox()] == [OTHER]


def test_a_forgotten_number_that_has_opted_out_gets_nothing(fresh: FakeAws, realtime: Simulator, hashed: str) -> None:
    """Its entry is a hash, and still holds."""
    _hold(fresh, MARKER, (OPT_OUTS, hashed))
    assert _send(FORGOTTEN) == []
    assert fields(fresh.items["r-1", FORGOTTEN])["reason"] == "opted_out"
    assert not realtime.inbox()


def test_without_the_key_of_the_hashes_nothing_is_sent(fresh: FakeAws, realtime: Simulator) -> None:
    """Nobody can tell then whether it was sent before; the message stays."""
    realtime.reset()
    fresh.secrets.pop(Sender.from_environment()._forgotten.hashes._secret_arn, None)
    _hold(fresh, MARKER)
    assert _send(OTHER) == ["m"]
    assert not realtime.inbox()


def test_where_nothing_was_ever_forgotten_the_key_is_not_read(fresh: FakeAws, realtime: Simulator) -> None:
    """What is not used costs no call: the stack's secret may even be missing."""
    realtime.reset()
    fresh.secrets.pop(Sender.from_environment()._forgotten.hashes._secret_arn, None)
    assert _send(OTHER) == []
    assert [one.recipient for one in realtime.inbox()] == [OTHER]


@pytest.mark.parametrize("held", [("r-1", ""), (OPT_OUTS, "")], ids=["finished", "opted out"])
def test_while_nobody_knows_if_a_number_was_forgotten_hashes_are_looked_for(
    fresh: FakeAws, realtime: Simulator, hashed: str, monkeypatch: pytest.MonkeyPatch, held: Key
) -> None:
    """The mark is read together with the breakers; a new environment whose first read fails knows neither."""
    _hold(fresh, MARKER, (held[0], hashed))
    read = fresh.BatchGetItem

    def failing(request: Any) -> dict[str, Any]:  # noqa: ANN401 (JSON)
        if BREAKERS in json.dumps(request):
            raise Refused("AccessDeniedException")
        return read(request)

    monkeypatch.setattr(fresh, "BatchGetItem", failing)
    assert _send(FORGOTTEN) == []
    assert not realtime.inbox()


def test_an_outcome_that_the_previous_version_forgot_is_found(fresh: FakeAws, realtime: Simulator, hashed: str) -> None:
    """It put the hash into the request id, in the number's place."""
    digits = FORGOTTEN.removeprefix("+")
    _hold(fresh, MARKER, (f"otp-{hashed}", hashed))
    assert _send(FORGOTTEN, request_id=f"otp-{digits}") == []
    assert not realtime.inbox()


def _forget(aws: FakeAws, hashed: str) -> None:
    """Do what `rtsms forget` does to the outcomes of a request."""
    of = Sender.from_environment()._forgotten.hashes.of
    for key in [key for key in aws.items if key[0] == "r-1"]:
        values = dict(aws.items.pop(key))
        values["contentHash"] = ("S", of(str(values["contentHash"][1])))
        values["recipient"] = ("S", hashed if key[1] == FORGOTTEN else key[1])
        aws.items[key[0], str(values["recipient"][1])] = tuple(sorted(values.items()))


def test_who_shared_a_request_with_a_forgotten_number_gets_nothing_twice(
    fresh: FakeAws, realtime: Simulator, hashed: str
) -> None:
    """The same request is a repetition, although its content hash was replaced; another one is a conflict."""
    _hold(fresh, MARKER)
    assert _send(FORGOTTEN, OTHER) == []
    _forget(fresh, hashed)
    before = dict(fresh.items)
    assert _send(OTHER, FORGOTTEN) == []
    assert fresh.items == before
    assert _send(FORGOTTEN, OTHER, text="b") == []
    assert fields(fresh.items["r-1", "#rejected"])["reason"] == "conflict"
    assert len(realtime.inbox()) == 2


def test_a_request_that_an_older_version_sent_is_a_repetition(fresh: FakeAws, realtime: Simulator, hashed: str) -> None:
    """Its fingerprint had no version, and told charset 0 from none; it was replaced by a keyed hash like all."""
    _hold(fresh, MARKER)
    assert _send(FORGOTTEN, OTHER) == []
    content = [sorted([FORGOTTEN, OTHER]), "96000", 0, "a", False, None]
    fresh.set_all("contentHash", hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32])
    _forget(fresh, hashed)
    before = dict(fresh.items)
    assert _send(FORGOTTEN, OTHER) == []
    assert fresh.items == before
    assert len(realtime.inbox()) == 2


def test_a_number_that_is_forgotten_while_its_message_is_on_its_way_gets_nothing_twice(
    fresh: FakeAws, realtime: Simulator, hashed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its outcome is moved after the first look for it, and before the claim, which finds none."""
    _hold(fresh, MARKER)
    assert _send(FORGOTTEN) == []
    finished, looks = Forgotten.finished, list[int]()

    def look(forgotten: Forgotten, keys: Collection[Key]) -> set[Key]:
        found = finished(forgotten, keys)
        if not looks:
            _forget(fresh, hashed)
        looks.append(len(found))
        return found

    monkeypatch.setattr(Forgotten, "finished", look)
    assert _send(FORGOTTEN) == []
    assert looks == [0, 1]
    assert len(realtime.inbox()) == 1
    assert fields(fresh.items["r-1", FORGOTTEN])["reason"] == "conflict"
    assert fields(fresh.items["r-1", hashed])["status"] == "submitted"
