"""Apply changes that no caller waits for, if the table still holds what they started from, and log them."""

from collections.abc import Sequence

from realtime_sms.aws.submissions import Applied, Submissions
from realtime_sms.aws.telemetry import log_outcome
from realtime_sms.outcomes.decide import Change


def apply_all(changes: Sequence[Change], submissions: Submissions) -> int:
    """Apply changes; return how many of them the table now holds."""
    applied = 0
    for change, result in zip(changes, submissions.apply(changes), strict=True):
        if isinstance(result, Applied):
            log_outcome(change.after)
            applied += 1
    return applied
