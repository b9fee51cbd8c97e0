"""What the sweeper ends, and when it must look: no later than a message can be gone, and no sooner."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from local.model_checker.explorer import quiet
from maintenance.sweep import sweep
from realtime_sms.aws.submissions import Applied, given_up_at
from realtime_sms.aws.table import Key
from realtime_sms.outcomes import submission
from realtime_sms.outcomes.decide import Change
from realtime_sms.outcomes.submission import Rules, Submission, iso
from realtime_sms.vocabulary import Reason, Status
from tests.fakes.submissions import BURIED, NOW, UNKNOWN, WAITING, item_of


class Table:
    """One submission, listed from the time on at which its item says to look."""

    def __init__(self, held: Submission) -> None:
        self.held = held

    def overdue(self, now: float) -> Iterator[list[Key]]:
        """List it if its time has come."""
        if item_of(self.held)["openUntil"]["S"] < iso(now):
            yield [(self.held.request_id, self.held.recipient)]

    def read_known(self, keys: Sequence[Key]) -> dict[Key, Submission]:
        """Return the submission that is held."""
        return dict.fromkeys(keys, self.held)

    def apply(self, changes: Sequence[Change]) -> list[Applied]:
        """Take the change."""
        for change in changes:
            self.held = change.after
        return [Applied()] * len(changes)


def _swept(held: Submission, now: float) -> Submission:
    table = Table(held)
    submissions: Any = table
    with quiet():
        sweep(submissions, Rules(), now)
    return table.held


def test_a_late_expiry_does_not_keep_what_no_message_can_send_any_more() -> None:
    """The queue forgets a message after 14 days, and TTL would delete what still waited, without an end."""
    waiting = replace(WAITING, expires_at=NOW + 10 * 365 * 86400)
    assert _swept(waiting, given_up_at(waiting) - 1).status is Status.WAITING
    assert _swept(waiting, given_up_at(waiting) + 1).status is Status.FAILED
    assert given_up_at(waiting) == NOW - 1 + 14 * 86400
    assert given_up_at(replace(waiting, due_at=NOW + 86400)) == NOW + 15 * 86400


def test_what_is_scheduled_for_next_year_is_left_alone_until_its_message_is_back() -> None:
    """Neither the sweep nor TTL ends it before, and there is time left to send it and to read what became of it."""
    due_at = NOW + 300 * 86400
    held = submission.hold(replace(WAITING, due_at=None), Reason.SCHEDULED, until=due_at, now=NOW)
    assert _swept(held, due_at + 13 * 86400) == held
    assert _swept(held, due_at + 15 * 86400).reason is Reason.DEAD_LETTERED
    assert int(item_of(held)["ttl"]["N"]) >= due_at + 29 * 86400


@pytest.mark.parametrize(
    "revived",
    [
        pytest.param(submission.reopen(BURIED, now=NOW + 28 * 86400), id="redriven"),
        pytest.param(submission.resend(UNKNOWN, now=NOW + 28 * 86400), id="sent again"),
    ],
)
def test_what_an_operator_revives_has_its_fourteen_days_anew(revived: Submission) -> None:
    """Its message is new on the queue, however old the submission is."""
    assert _swept(revived, revived.updated_at + 60).status is Status.WAITING
    assert _swept(revived, given_up_at(revived) + 1).final
