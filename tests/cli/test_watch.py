"""`rtsms watch`: snapshots of queues, breakers and outcomes."""

import sys
from typing import Any

import pytest

from tests.cli.fakes import FakeClient, FakeStack, fake_stack, run, submission


class _Pages:
    def paginate(self, **_arguments: object) -> list[dict[str, int]]:
        return [{"Count": 2}, {"Count": 1}]


@pytest.fixture
def stack() -> FakeStack:
    """Return a stack that is sending."""
    breaker = {
        "requestId": {"S": "#breaker"},
        "recipient": {"S": "auth"},
        "reason": {"S": "forbidden"},
        "since": {"N": "0"},
        "times": {"N": "1"},
    }
    lane = {"requestId": {"S": "#lane"}, "recipient": {"S": "promotional"}, "pausedSince": {"N": "60"}}
    dynamodb: Any = FakeClient(batch_get_item={"Responses": {"outcomes": [breaker, lane]}}, get_paginator=None)
    dynamodb.get_paginator = lambda _name: _Pages()
    counts = {"ApproximateNumberOfMessages": "7", "ApproximateNumberOfMessagesNotVisible": "3"}
    metrics = {"MetricDataResults": [{"Id": "submitted", "Values": [4.0, 5.0]}, {"Id": "failed", "Values": []}]}
    made = fake_stack(
        {
            "dynamodb": dynamodb,
            "sqs": FakeClient(get_queue_attributes={"Attributes": counts}),
            "cloudwatch": FakeClient(get_metric_data=metrics),
        }
    )
    made.outputs["DeadLetterQueueUrl"] = "http://dead"  # type: ignore[index]  # a dict, as it happens
    made.held.hold(submission("order-1", "+56912345678"))
    return made


def test_one_snapshot_shows_everything(stack: FakeStack) -> None:
    """JSON has all values."""
    answer = run("watch", "order-1", "--once", "--json", stack=stack).answer
    assert answer.pop("at")
    assert answer == {
        "queue": {"visible": 7, "inFlight": 3},
        "promotionalQueue": {"visible": 7, "inFlight": 3},
        "deadLetters": 10,
        "breakers": [{"breaker": "auth", "reason": "forbidden", "since": "1970-01-01T00:00:00.000Z"}],
        "lanes": [
            {"lane": "transactional", "paused": False, "why": []},
            {"lane": "promotional", "paused": True, "pausedSince": "1970-01-01T00:01:00.000Z", "why": []},
        ],
        "unfinished": 24,
        "ended": {"submitted": 9},
        "states": {"submitted": 1},
    }


def test_the_text_shows_the_same(stack: FakeStack) -> None:
    """A request without outcomes is shown as such."""
    told = run("watch", "order-2", "--once", stack=stack).out
    assert "7 available, 3 in flight or delayed" in told
    assert "auth open since 1970-01-01T00:00:00.000Z (forbidden)" in told
    assert "promotional open, paused since 1970-01-01T00:01:00.000Z: closes in a minute or two" in told
    assert "9 submitted" in told
    assert "no outcomes yet" in told


@pytest.mark.parametrize("as_json", [False, True], ids=["person", "machine"])
def test_ctrl_c_stops_watching(stack: FakeStack, monkeypatch: pytest.MonkeyPatch, as_json: bool) -> None:  # noqa: FBT001 (a case)
    """It is not an error."""
    ticks = iter([None, None])

    def sleep(_seconds: float) -> None:
        if next(ticks, "over") == "over":
            raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", sleep)
    ran = run("watch", *(["--json"] if as_json else []), stack=stack)
    assert (ran.code, ran.err) == (0, "")
    assert len(ran.lines) == 3 if as_json else "7 available" in ran.out


def test_without_a_terminal_each_snapshot_is_printed_at_once(stack: FakeStack, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log or a pipe does not wait for the end."""
    told: list[int] = []

    def sleep(_seconds: float) -> None:
        out: Any = sys.stdout.buffer  # in memory, where `run` reads it afterwards
        told.append(out.getvalue().count(b"promotional queue"))
        if len(told) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", sleep)
    assert run("watch", stack=stack).code == 0
    assert told == [1, 2]
