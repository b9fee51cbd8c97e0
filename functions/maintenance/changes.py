"""Changes that nobody waits for: carried out where they still hold, and logged."""

from collections.abc import Sequence

from realtime_sms.aws.logging import log_outcome
from realtime_sms.aws.submissions import Applied, Submissions
from realtime_sms.outcomes.decide import Change


def carry_out(changes: Sequence[Change], submissions: Submissions) -> int:
    """Give how many of the changes the table now holds."""
    held = 0
    for change, answer in zip(changes, submissions.swap(changes), strict=True):
        if isinstance(answer, Applied):
            log_outcome(change.after)
            held += 1
    return held
