"""Which outcome a call gets: injected for the next calls, assigned to a number, or chosen by a magic number."""

from collections import Counter, deque
from collections.abc import Iterable
from typing import Literal, get_args

from local.fake_realtime.magic import BY_NAME, BY_NUMBER, SUBMITTED, Outcome

type Operation = Literal["sms", "auth", "balance", "info"]
OPERATIONS: frozenset[str] = frozenset(get_args(Operation.__value__))


class Faults:
    """The outcomes in wait; one thread at a time. An injected one precedes an assigned one, that a magic number."""

    def __init__(self) -> None:
        self._injected: dict[str, deque[Outcome]] = {operation: deque() for operation in OPERATIONS}
        self._assigned: dict[str, Outcome] = {}
        self._calls: Counter[str] = Counter()

    def inject(self, name: str, calls: int, operation: Operation) -> None:
        """Give the next calls of an operation this outcome; KeyError for a name that the table lacks."""
        self._injected[operation].extend([BY_NAME[name]] * calls)

    def assign(self, recipient: str, name: str) -> None:
        """Make any number a magic one; KeyError for a name that the table lacks."""
        self._assigned[recipient] = BY_NAME[name]
        del self._calls[recipient]

    def next_for(self, operation: Operation) -> Outcome | None:
        """Take the outcome that waits for the next call of an operation."""
        waiting = self._injected[operation]
        return waiting.popleft() if waiting else None

    def choose(self, recipients: Iterable[str]) -> list[Outcome]:
        """Give each recipient of one *Send SMS* call its outcome; one that spoils a call is everyone's."""
        injected = self.next_for("sms")
        outcomes = [injected or self._of(recipient) for recipient in recipients]
        spoiling = next((outcome for outcome in outcomes if outcome.spoils_call), None)
        return outcomes if spoiling is None else [spoiling] * len(outcomes)

    def _of(self, recipient: str) -> Outcome:
        outcome = self._assigned.get(recipient) or BY_NUMBER.get(recipient)
        if outcome is None:
            return SUBMITTED
        self._calls[recipient] += 1
        spent = outcome.first is not None and self._calls[recipient] > outcome.first
        return SUBMITTED if spent else outcome
