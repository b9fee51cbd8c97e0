"""Two runs at once, as EventBridge and Lambda may start them: what both want to write is counted once."""

from dataclasses import replace

import pytest

from maintenance.changes import apply_all
from realtime_sms.aws.submissions import Submissions
from realtime_sms.aws.table import Table
from realtime_sms.outcomes import submission
from realtime_sms.outcomes.decide import Change
from realtime_sms.outcomes.submission import Rules, Submission
from realtime_sms.vocabulary import Status
from tests.conftest import Store
from tests.fakes.submissions import NOW, SENDING, WAITING


@pytest.fixture
def submissions(store: Store) -> Submissions:
    """Return the store of submissions on an empty table."""
    return Submissions(Table(store.client, store.table, ttl_days=45))


def ended(found: Submission, now: float) -> Submission:
    """End it as a run at this time does."""
    if found.status is Status.SENDING:
        return submission.lapse(found, Rules(), now=now)
    return submission.dead_letter(found, now=now)


@pytest.mark.parametrize("found", [SENDING, WAITING], ids=lambda one: one.status)
def test_what_two_runs_end_at_once_is_counted_once(submissions: Submissions, found: Submission) -> None:
    """Both read it before either wrote."""
    assert apply_all([Change(None, found)], submissions) == 1
    first, second = (Change(found, ended(found, NOW + later)) for later in (1.0, 1.001))
    assert [apply_all([change], submissions) for change in (first, second)] == [1, 0]


def test_a_write_whose_reply_was_lost_is_still_its_own(submissions: Submissions) -> None:
    """The SDK sends it again, and the condition fails on its success."""
    change = Change(SENDING, ended(SENDING, NOW + 1.0004))
    for one in (Change(None, SENDING), change):
        apply_all([one], submissions)
    assert apply_all([change], submissions) == 1
    assert apply_all([replace(change, after=ended(SENDING, NOW + 2))], submissions) == 0
