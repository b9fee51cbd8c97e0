"""Changes that nobody waits for: carried out where they still hold, and logged."""

from collections.abc import Sequence

from realtime_sms.draft import Change
from shell.ledger import Held, Ledger
from shell.observe import log_outcome


def carry_out(changes: Sequence[Change], ledger: Ledger) -> int:
    """Give how many of the changes the table now holds."""
    held = 0
    for change, answer in zip(changes, ledger.swap(changes), strict=True):
        if isinstance(answer, Held):
            log_outcome(change.after)
            held += 1
    return held
