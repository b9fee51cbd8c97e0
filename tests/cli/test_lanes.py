"""`rtsms pause` and `rtsms resume`: what they write, and what they say of it."""

import pytest

from realtime_sms.aws.lanes import Lanes
from realtime_sms.aws.table import Table
from realtime_sms.vocabulary import MessageType
from tests.cli.fakes import FakeClient, FakeStack, doctor_stack, run
from tests.conftest import Store

TRANSACTIONAL, PROMOTIONAL = MessageType


@pytest.fixture
def lanes(store: Store) -> Lanes:
    """Return the lanes of an empty table."""
    return Lanes(Table(store.client, store.table))


@pytest.fixture
def stack(store: Store) -> FakeStack:
    """Return a stack with that table, and messages in its queues."""
    counts = {"ApproximateNumberOfMessages": "7", "ApproximateNumberOfMessagesNotVisible": "3"}
    sqs = FakeClient(get_queue_attributes={"Attributes": counts})
    made = doctor_stack({"dynamodb": store.client, "sqs": sqs})
    made.outputs["OutcomesTableName"] = store.table  # type: ignore[index]  # a dict, as it happens
    return made


def _paused(lanes: Lanes) -> list[MessageType]:
    return [one.lane for one in lanes.read() if one.paused_since is not None]


def test_one_lane_is_paused_and_resumed(stack: FakeStack, lanes: Lanes) -> None:
    """It says how many messages that concerns, and from when on."""
    said = run("pause", "--lane", "promotional", stack=stack).out
    assert "promotional  paused: 7 available, 3 in flight or delayed" in said
    assert "within about two minutes" in said
    assert _paused(lanes) == [PROMOTIONAL]
    assert "promotional  was paused before" in run("pause", "--lane", "promotional", stack=stack).out
    assert "promotional  resumed" in run("resume", "--lane", "promotional", stack=stack).out
    assert _paused(lanes) == []
    assert "promotional  was not paused" in run("resume", "--lane", "promotional", stack=stack).out


def test_without_a_lane_both_are_paused_and_resumed(stack: FakeStack, lanes: Lanes) -> None:
    """JSON has a line for each."""
    answers = run("pause", "--json", stack=stack).lines
    assert [one.pop("pausedSince")[:2] for one in answers] == ["20", "20"]
    queue = {"visible": 7, "inFlight": 3}
    assert answers == [{"lane": lane.value, "paused": True, "why": [], "queue": queue} for lane in MessageType]
    assert _paused(lanes) == [TRANSACTIONAL, PROMOTIONAL]
    assert [one["paused"] for one in run("resume", "--json", stack=stack).lines] == [False, False]
    assert _paused(lanes) == []


def test_another_word_than_a_lane_is_refused_and_not_repeated(stack: FakeStack) -> None:
    """It may be anything that was typed."""
    ran = run("pause", "--lane", "campaigns", stack=stack)
    assert ran.code == 2
    assert "campaigns" not in ran.err
