"""The account's rate limit over all environments: slots of each second, reserved in blocks from that second's counter.

Each second has an item of its own, under a partition key of its own, so that no partition takes more than one second's
reservations. Whatever a reservation's lost reply or a crash wastes is a slot that nobody has; none is given out twice.

Promotional messages get a share of each second: the item counts their slots a second time, and a condition holds that
count to the share. They also ask later than others for a second that is to come, so that a code gets its slot first.
"""

import math
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from realtime_sms.aws.table import RATE, Key, StoreUnavailableError, Table
from realtime_sms.aws.telemetry import logger
from realtime_sms.vocabulary import MessageType

chance = random.SystemRandom()  # `random` starts with the same state in all environments of one snapshot

LEAD = 0.1  # seconds that reservation and claim may take: no slot is reserved that comes sooner
AHEAD = 0.5  # seconds; nothing is reserved of a second that begins later than that, the lead not counted
REACH = LEAD + AHEAD + 1  # seconds until the last slot that can be reserved now
_SPREAD = 0.25  # seconds over which environments that got nothing ask again
PROMOTIONAL_AHEAD = AHEAD - _SPREAD  # the same for promotional messages: those that wait here ask after all others
_PROMOTIONAL_SPREAD = 0.15
_AFTER_FAILURE = 1.0  # seconds, and up to as many more by chance
_KEPT = 3600  # seconds after which TTL may delete a second's counter


@dataclass(frozen=True, slots=True)
class Rate:
    """So many slots a second, evenly spread: number n of a second comes n/`most` after the second begins.

    At most `promotional` of them are for promotional messages. Times are epoch seconds, and a second is named by the
    whole number that it begins with.
    """

    most: int
    promotional: int = 0

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
        # the first second of which not all slots are known to be gone, and the same of the promotional share
        self._open = dict.fromkeys(MessageType, 0)

    def take(self, most: int, message_type: MessageType = MessageType.TRANSACTIONAL) -> Granted:
        """Reserve up to `most` slots of the next second that has some; none where all within reach are gone.

        Where the table does not answer none is given: a limit that nobody can keep count of is kept by waiting.
        """
        is_promotional = message_type is MessageType.PROMOTIONAL
        ahead, spread = (PROMOTIONAL_AHEAD, _PROMOTIONAL_SPREAD) if is_promotional else (AHEAD, _SPREAD)
        earliest = self._now() + LEAD
        try:
            for second in range(max(self._open[message_type], int(earliest)), int(earliest + ahead) + 1):
                if slots := self._reserve(second, most, message_type):
                    return Granted(slots, self._now())
        except StoreUnavailableError as error:
            logger.warning("no slot reserved", extra={"error": str(error)})
            return Granted([], self._now() + _AFTER_FAILURE * (1 + self._jitter()))
        return Granted([], self._open[message_type] - LEAD - ahead + spread * self._jitter())

    def _reserve(self, second: int, most: int, message_type: MessageType) -> list[float]:
        """Reserve slots of one second until some are not too soon, or it has none left."""
        count = self._count_promotional if message_type is MessageType.PROMOTIONAL else self._count
        wanted = most
        while (first := self._rate.first(second, self._now() + LEAD)) < self._rate.most:
            after, wanted = count(second, first, wanted)
            is_over = after >= self._rate.most
            if slots := self._rate.slots(second, max(first, after - wanted), after)[:most]:
                if is_over:
                    self._close(second, message_type)
                return slots
            if is_over:
                break
            wanted = most + first - after
        self._close(second, message_type)
        return []

    def _close(self, second: int, message_type: MessageType) -> None:
        self._open[message_type] = max(self._open[message_type], second + 1)

    def _count(self, second: int, first: int, wanted: int) -> tuple[int, int]:
        """Add to a second's counter; return the sum, and what was added.

        A new counter starts with the slots that have passed.
        """
        _, changed = self._table.count_up(
            _key(second), f"SET {_TAKEN}, #ttl = :ttl", _values(second, first, wanted), {"#ttl": "ttl"}
        )
        return int(changed["taken"]["N"]), wanted

    def _count_promotional(self, second: int, first: int, wanted: int) -> tuple[int, int]:
        """Add to both counters of a second as much as the share has left; return as if it were full if that is none."""
        left = self._rate.promotional
        while (wanted := min(wanted, left)) > 0:
            room = {":none": {"N": "0"}, ":room": {"N": str(self._rate.promotional - wanted)}}
            counted, item = self._table.count_up(
                _key(second),
                f"SET {_TAKEN}, promotional = if_not_exists(promotional, :none) + :wanted, #ttl = :ttl",
                _values(second, first, wanted) | room,
                {"#ttl": "ttl"},
                condition="attribute_not_exists(promotional) OR promotional <= :room",
            )
            if counted:
                return int(item["taken"]["N"]), wanted
            left = self._rate.promotional - int(item.get("promotional", {"N": self._rate.promotional})["N"])
        return self._rate.most, 0


_TAKEN = "taken = if_not_exists(taken, :first) + :wanted"


def _key(second: int) -> Key:
    return f"{RATE}.{second}", RATE


def _values(second: int, first: int, wanted: int) -> dict[str, dict[str, str]]:
    return {
        ":first": {"N": str(first)},
        ":wanted": {"N": str(wanted)},
        ":ttl": {"N": str(second + _KEPT)},
    }
