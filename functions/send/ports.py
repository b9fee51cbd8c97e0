"""What the sender needs of the world: a store, calls, breakers, a queue and a clock.

The shell has the real ones; the tests that try every crash and every order of events have theirs.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from realtime_sms.aws.breakers import Breaker, OpenBreaker
from realtime_sms.aws.queue import QueueMessage
from realtime_sms.aws.rate_limit import Granted
from realtime_sms.aws.submissions import Key, WriteResult
from realtime_sms.outcomes.decide import Change
from realtime_sms.outcomes.submission import Submission
from realtime_sms.provider.verdict import Verdict
from realtime_sms.requests.prepare import Draft
from realtime_sms.vocabulary import Reason


class Store(Protocol):
    """Submissions by key, changed by compare-and-swap."""

    def read(self, keys: Iterable[Key]) -> Mapping[Key, Submission]:
        """Read what there is."""

    def swap(self, changes: Sequence[Change]) -> list[WriteResult]:
        """Carry out each change that still holds."""


@dataclass(frozen=True, slots=True)
class Unit:
    """What one call carries: drafts of one request that have the same text.

    `turn` is when it may begin (epoch seconds), where the account has a rate limit and the unit a turn.
    """

    drafts: tuple[Draft, ...] = field(repr=False)
    turn: float | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """A unit whose call is over: a fate for each draft, or None where the call was not started."""

    unit: Unit
    verdicts: Sequence[Verdict] | None

    @property
    def pairs(self) -> list[tuple[Draft, Verdict | None]]:
        """Give each draft with its fate."""
        if self.verdicts is None:
            return [(draft, None) for draft in self.unit.drafts]
        return list(zip(self.unit.drafts, self.verdicts, strict=True))


class Calls(Protocol):
    """Calls to RealTime, many at once."""

    def start(self, unit: Unit) -> None:
        """Make the call as soon as one of those in flight is over."""

    def finished(self, most: int, within: float | None = None) -> Sequence[Finished]:
        """Wait until at least one call is over, or `within` seconds, and give up to about `most` of those that are."""


class BreakerBoard(Protocol):
    """The breakers as one environment sees them."""

    def open(self) -> OpenBreaker | None:
        """Give an open breaker, if there is one."""

    def trip(self, breaker: Breaker, reason: Reason) -> None:
        """Open one for all."""


class LookUp(Protocol):
    """The opt-out list."""

    def __call__(self, numbers: Sequence[str], /) -> Callable[[], frozenset[str]]:
        """Begin to look which of the numbers are on it; what is given waits for the answer.

        That raises StoreUnavailableError where there is none.
        """


class RateLimit(Protocol):
    """The account's rate limit."""

    def take(self, most: int) -> Granted:
        """Reserve up to so many turns."""


class Time(Protocol):
    """Wall time, the invocation's rest, waiting, and jitter."""

    def now(self) -> float:
        """Give the epoch seconds."""

    def remaining(self) -> float:
        """Give the seconds until the invocation ends."""

    def sleep(self, seconds: float) -> None:
        """Let time pass."""

    def jitter(self) -> float:
        """Give a fraction in [0, 1)."""


class Queue(Protocol):
    """The queue that the messages came from."""

    def postpone(self, delays: Sequence[tuple[QueueMessage, int]]) -> None:
        """Make each visible again after so many seconds."""

    def dead_letter(self, message: QueueMessage, *, reason: str, detail: str, request_id: str) -> None:
        """Put a copy on the dead-letter queue."""
