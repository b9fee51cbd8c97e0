"""Dead letters: hidden only while a run works on them, once they have their reason."""

from typing import Any

import pytest

from maintenance.dead_letters import record_dead_letters
from maintenance.time_budget import UNLIMITED
from realtime_sms.aws.queues import DeadLetters
from realtime_sms.outcomes.submission import Rules
from realtime_sms.requests.prepare import Defaults
from tests.fakes.aws.models import Checked
from tests.fakes.aws.sqs import DEAD_LETTERS, FakeSqs


class Client:
    """A client of SQS for the fake queues; `changes` are the calls that change visibility."""

    def __init__(self) -> None:
        self.queues = FakeSqs()
        self.changes = 0

    def receive_message(self, **request: object) -> dict[str, Any]:
        """Receive up to ten letters."""
        name = self.queues.ReceiveMessage(request)
        return {"Messages": name["Messages"]}

    def change_message_visibility_batch(self, **request: object) -> dict[str, Any]:
        """Hide or show messages."""
        assert len(list[Any](request["Entries"])) <= 10  # type: ignore[call-overload]
        self.changes += 1
        return self.queues.ChangeMessageVisibilityBatch(request)

    def send_message(self, **request: object) -> dict[str, Any]:
        """Put a message on a queue."""
        return self.queues.SendMessage(request)

    def delete_message(self, **request: object) -> dict[str, Any]:
        """Delete one."""
        return self.queues.DeleteMessage(request)


def put(client: Client, body: str, reason: str = "") -> None:
    """Put a dead letter there."""
    attributes = {"reason": {"DataType": "String", "StringValue": reason}} if reason else {}
    client.send_message(QueueUrl=DEAD_LETTERS, MessageBody=body, MessageAttributes=attributes)


class Submissions:
    """A table that takes notes, or does not answer."""

    def __init__(self, *, failing: bool = False) -> None:
        self.failing = failing

    def note_rejection(self, *_: object) -> None:
        """Note a rejection."""
        if self.failing:
            raise TimeoutError


def run(client: Client, submissions: Submissions) -> int:
    """Run once."""
    sqs: Any = Checked("sqs", client)
    table: Any = submissions
    return record_dead_letters(DeadLetters(sqs, DEAD_LETTERS), table, Defaults(), Rules(), UNLIMITED)


def visible(client: Client) -> int:
    """Return how many letters somebody else would receive now."""
    found = 0
    while received := len(client.receive_message(MaxNumberOfMessages=10)["Messages"]):
        found += received
    return found


def test_what_has_its_reason_is_visible_again_when_the_run_ends() -> None:
    """The redrive and the commands of the runbook see it, not in 15 seconds of each minute only."""
    client = Client()
    for number in range(12):
        put(client, f"{number}", reason="dead_lettered")
    assert run(client, Submissions()) == 0
    assert client.changes == 2
    assert visible(client) == 12


def test_a_letter_that_got_its_reason_in_this_run_is_visible_too() -> None:
    """It replaces the one that was hidden."""
    client = Client()
    put(client, "{")
    assert run(client, Submissions()) == 1
    assert visible(client) == 1
    assert [dict(one.attributes)["reason"] for one in client.queues.dead_letters()] == ["unreadable"]


def test_a_run_that_breaks_off_shows_what_it_had_looked_at() -> None:
    """The letter without an end stays hidden until the next run."""
    client = Client()
    put(client, "done", reason="conflict")
    put(client, "{")
    with pytest.raises(TimeoutError):
        run(client, Submissions(failing=True))
    assert visible(client) == 1
