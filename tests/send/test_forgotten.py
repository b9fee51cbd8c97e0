"""A request that is published again after its number was forgotten: nothing is sent, and no trace comes back."""

import json
from typing import Any

import pytest

from local.fake_realtime import Simulator
from local.model_checker.table import fields
from realtime_sms.aws.forgotten import MARKER, PREFIX
from realtime_sms.aws.table import OPT_OUTS, Key
from send.handler import Sender
from tests.fakes.aws.account import FakeAws
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


def _send(number: str) -> list[str]:
    body = {"requestId": "r-1", "recipients": [number], "sender": "96000", "message": {"text": "a"}}
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
