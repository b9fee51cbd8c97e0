"""Match a report with an unknown id to a submission, by number and time, and never by a guess.

The account may be used by other systems too, so a report may be of none of ours.
"""

from collections.abc import Iterable

from realtime_sms.outcomes.submission import Submission
from realtime_sms.vocabulary import Status

PATIENCE = 300.0  # seconds after a report until every call that was given up is known: timeout and sweep
_SPAN = 7 * 86_400.0  # seconds after the submission in which a report of it may come
_SKEW = 120.0  # seconds by which RealTime's clock and ours may differ


def find_match(untraced: Iterable[Submission], *, received_at: float, registered: float | None) -> Submission | None:
    """Return the one submission that a report to its number can be of; None if there is none, or more than one.

    `untraced` are all to that number of which RealTime may have accepted an attempt under an unknown id. `received_at`
    is when the report first came, `registered` when RealTime says that it took the message (epoch seconds, optional).
    """
    fit = [one for one in untraced if _fits(one, received_at, registered)]
    if len(fit) != 1:
        return None
    (one,) = fit
    nameless = one.status is Status.SUBMITTED and one.submission_id is None
    return one if one.status is Status.UNKNOWN or nameless else None


def _fits(one: Submission, received_at: float, registered: float | None) -> bool:
    """Return True if the times of report and submission allow that they belong together."""
    if not one.created_at - _SKEW <= received_at <= one.created_at + _SPAN:
        return False
    if registered is None:
        return True
    end = one.updated_at if one.final else received_at
    return one.created_at - _SKEW <= registered <= end + _SKEW
