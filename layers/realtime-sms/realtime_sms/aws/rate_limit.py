"""The account's rate limit over all environments: slots of each second, reserved in blocks from that second's counter.

Each second has an item of its own, under a partition key of its own, so that no partition takes more than one second's
reservations. Whatever a reservation's lost reply or a crash wastes is a slot that nobody has; none is given out twice.
"""

import math
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from realtime_sms.aws.table import RATE, StoreUnavailableError, Table
from realtime_sms.aws.telemetry import logger

chance = random.SystemRandom()  # `random` starts with the same state in all environments of one snapshot

LEAD = 0.1  # seconds that reservation and claim may take: no slot is reserved that comes sooner
AHEAD = 0.5  # seconds; nothing is reserved of a second that begins later than that, the lead not counted
REACH = LEAD + AHEAD + 1  # seconds until the last slot that can be reserved now
_SPREAD = 0.25  # seconds over which environments that got nothing ask again
_AFTER_FAILURE = 1.0  # seconds, and up to as many more by chance
_KEPT = 3600  # seconds after which TTL may delete a second's counter


@dataclass(frozen=True, slots=True)
class Rate:
    """So many slots a second, evenly spread: number n of a second comes n/`most` after the second begins.

    Times are epoch seconds, and a second is named by the whole number that it begins with.
    """

    most: int

    def first(self, second: int, earliest: float) -> int:
        """Return the number of a second's first slot at or after `earliest`; `most` if there is none."""
        return min(self.most, max(0, math.ceil((earliest - second) * self.most)))

    def slots(self, second: int, begin: int, end: int) -> list[float]:
        """Return the times of a second's slots from `begin` up to `end`, as far as it has them."""
        return [second + number / self.most for number in range(begin, min(end, self.most))]


@dataclass(frozen=True, slots=True)
class Granted:
    """Slots (epoch seconds), each for one message at its time, and when it makes sense to ask for more."""

    slots: Sequence[float]
    ask_again: float


class RateLimit:
    """Slots as one environment gets them.

    Safe to use from several threads: what they share only ever grows, and a value that is old costs one call.
    """

    def __init__(
        self,
        table: Table,
        rate: Rate,
        *,
        now: Callable[[], float] = time.time,
        jitter: Callable[[], float] = chance.random,
    ) -> None:
        self._table = table
        self._rate = rate
        self._now = now
        self._jitter = jitter
        self._open = 0  # the first second of which not all slots are known to be gone

    def take(self, most: int) -> Granted:
        """Reserve up to `most` slots of the next second that has some; none where all within reach are gone.

        Where the table does not answer none is given: a limit that nobody can keep count of is kept by waiting.
        """
        earliest = self._now() + LEAD
        try:
            for second in range(max(self._open, int(earliest)), int(earliest + AHEAD) + 1):
                if slots := self._reserve(second, most):
                    return Granted(slots, self._now())
        except StoreUnavailableError as error:
            logger.warning("no slot reserved", extra={"error": str(error)})
            return Granted([], self._now() + _AFTER_FAILURE * (1 + self._jitter()))
        return Granted([], self._open - LEAD - AHEAD + _SPREAD * self._jitter())

    def _reserve(self, second: int, most: int) -> list[float]:
        """Reserve slots of one second until some are not too soon, or it has none left."""
        wanted = most
        while (first := self._rate.first(second, self._now() + LEAD)) < self._rate.most:
            after = self._count(second, first, wanted)
            if after >= self._rate.most:
                self._open = max(self._open, second + 1)
            if slots := self._rate.slots(second, max(first, after - wanted), after)[:most]:
                return slots
            if after >= self._rate.most:
                return []
            wanted = most + first - after
        self._open = max(self._open, second + 1)
        return []

    def _count(self, second: int, first: int, wanted: int) -> int:
        """Add to a second's counter and return the sum; a new counter starts with the slots that have passed."""
        changed = self._table.count_up(
            (f"{RATE}.{second}", RATE),
            "SET taken = if_not_exists(taken, :first) + :wanted, #ttl = :ttl",
            {
                ":first": {"N": str(first)},
                ":wanted": {"N": str(wanted)},
                ":ttl": {"N": str(second + _KEPT)},
            },
            {"#ttl": "ttl"},
        )
        return int(changed["taken"]["N"])
