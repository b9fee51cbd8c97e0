"""End submissions whose lease is over or that waited too long; the index `open` lists them."""

from maintenance.changes import apply_all
from maintenance.time_budget import UNLIMITED, TimeBudget
from realtime_sms.aws.submissions import Submissions, given_up_at
from realtime_sms.aws.telemetry import Metric, counters
from realtime_sms.outcomes import submission
from realtime_sms.outcomes.decide import Change
from realtime_sms.outcomes.submission import Rules, Submission
from realtime_sms.vocabulary import Status


def sweep(submissions: Submissions, rules: Rules, now: float, budget: TimeBudget = UNLIMITED) -> int:
    """End overdue submissions within the time budget; return how many were ended."""
    ended = 0
    for keys in budget.of(submissions.overdue(now)):
        found = submissions.read_known(keys)
        changes = [change for one in found.values() if (change := _ended(one, rules, now)) is not None]
        ended += apply_all(changes, submissions)
    counters.count(Metric.SWEPT, ended)
    return ended


def _ended(found: Submission, rules: Rules, now: float) -> Change | None:
    """Return the write that ends an overdue submission; None if the item is newer than the index, and needs none."""
    if found.status is Status.SENDING and found.lease_until is not None and now >= found.lease_until:
        return Change(found, submission.lapse(found, rules, now=now))
    if found.status is not Status.WAITING:
        return None
    if found.expires_at is not None and now >= found.expires_at:
        return Change(found, submission.expire(found, now=now))
    if now >= given_up_at(found):
        return Change(found, submission.dead_letter(found, now=now))
    return None
