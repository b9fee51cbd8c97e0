"""How fast a wave may claim: as calls come to an end, or, where the account has a rate limit, as there are turns."""

from collections.abc import Sequence
from itertools import zip_longest

from realtime_sms.aws.rate_limit import REACH
from realtime_sms.aws.submissions import BATCH
from realtime_sms.outcomes.decide import Change
from realtime_sms.vocabulary import Status
from send.limits import Limits
from send.ports import RateLimit, Time
from send.task import Task

_MOST_OF_A_BATCH = 20  # so that a few slow calls, which keep their places, do not keep what is beside them waiting


class Pacing:
    """The pace of one invocation; `short` says whether there were ever fewer turns than claims."""

    def __init__(self, pace: RateLimit | None, limits: Limits, time: Time) -> None:
        self._pace = pace
        self._limits = limits
        self._time = time
        self._resume_at = 0.0
        self.short = False

    @property
    def time_left(self) -> bool:
        """Say whether what is claimed now can still be called, also if its turn is the last that can be had now."""
        return self._limits.time_left(self._time, 0 if self._pace is None else REACH)

    @property
    def ready(self) -> bool:
        """Say whether there may be turns to be had."""
        return self._pace is None or self._time.now() >= self._resume_at

    def room(self, in_flight: int) -> int:
        """Say how many may be claimed: a batch more than can be in flight, or with a limit none, for no turn waits."""
        return self._limits.calls_in_flight + (BATCH if self._pace is None else 0) - in_flight

    def has_room(self, in_flight: int, pending: int) -> bool:
        """Claim when most of a batch fits, when nothing is in flight, or when the rest is less than that."""
        size = _MOST_OF_A_BATCH if self._pace is None else min(BATCH, max(1, self._limits.calls_in_flight // 4))
        return not in_flight or self.room(in_flight) >= min(size, pending)

    def patience(self) -> float | None:
        """Say for how many seconds there is nothing to claim; None where only the end of a call can change that."""
        return None if self._pace is None else max(0.0, self._resume_at - self._time.now())

    def with_turns(self, batch: Sequence[tuple[Task, Change]]) -> tuple[list[tuple[Task, Change]], list[Task]]:
        """Reserve a turn for each claim; give what can be written now, and the tasks that got no turn."""
        claims = [task for task, change in batch if change.after.status is Status.SENDING]
        if self._pace is None or not claims:
            return list(batch), []
        granted = self._pace.take(len(claims))
        for task, turn in zip_longest(claims, granted.turns):
            task.turn = turn
        without = [task for task in claims if task.turn is None]
        if without:
            self._resume_at, self.short = granted.ask_again, True
        return [pair for pair in batch if pair[0] not in without], without
