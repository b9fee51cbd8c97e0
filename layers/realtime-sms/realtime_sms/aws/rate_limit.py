"""The account's rate limit over all environments: turns of a second, reserved in blocks from that second's counter.

Each second has an item of its own, under a partition key of its own, so that no partition takes more than one second's
reservations. Whatever a reservation's lost reply or a crash wastes is a turn that nobody has; none is given out twice.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from realtime_sms.aws.invocation import chance
from realtime_sms.aws.logging import logger
from realtime_sms.aws.rate import Rate

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PARTITION = "#rate"  # how the keys begin; no request id can be called so
LEAD = 0.1  # seconds that reservation and claim may take: no turn is reserved that comes sooner
AHEAD = 0.5  # seconds; nothing is reserved of a second that begins later than that, the lead not counted
REACH = LEAD + AHEAD + 1  # seconds until the last turn that can be reserved now
_SPREAD = 0.25  # seconds over which environments that got nothing ask again
_AFTER_FAILURE = 1.0  # seconds, and up to as many more by chance
_KEPT = 3600  # seconds after which TTL may delete a second's counter


@dataclass(frozen=True, slots=True)
class Granted:
    """Turns (epoch seconds), each for one message at its time, and when it makes sense to ask for more."""

    turns: Sequence[float]
    ask_again: float


class RateLimit:
    """Turns as one environment gets them.

    Safe to use from several threads: what they share only ever grows, and a value that is old costs one call.
    """

    def __init__(
        self,
        client: "DynamoDBClient",
        table: str,
        rate: Rate,
        *,
        now: Callable[[], float] = time.time,
        jitter: Callable[[], float] = chance.random,
    ) -> None:
        self._client = client
        self._table = table
        self._rate = rate
        self._now = now
        self._jitter = jitter
        self._open = 0  # the first second of which not all turns are known to be gone

    def take(self, most: int) -> Granted:
        """Reserve up to `most` turns of the next second that has some; none where all within reach are gone.

        Where the table does not answer none is given: a limit that nobody can keep count of is kept by waiting.
        """
        earliest = self._now() + LEAD
        try:
            for second in range(max(self._open, int(earliest)), int(earliest + AHEAD) + 1):
                if turns := self._reserve(second, most):
                    return Granted(turns, self._now())
        except (ClientError, BotoCoreError) as error:
            logger.warning("no turn reserved", extra={"error": type(error).__name__})
            return Granted([], self._now() + _AFTER_FAILURE * (1 + self._jitter()))
        return Granted([], self._open - LEAD - AHEAD + _SPREAD * self._jitter())

    def _reserve(self, second: int, most: int) -> list[float]:
        """Count turns of one second as taken until some are that do not come too soon, or it has no more."""
        wanted = most
        while (first := self._rate.first(second, self._now() + LEAD)) < self._rate.most:
            after = self._count(second, first, wanted)
            if after >= self._rate.most:
                self._open = max(self._open, second + 1)
            if turns := self._rate.turns(second, max(first, after - wanted), after)[:most]:
                return turns
            if after >= self._rate.most:
                return []
            wanted = most + first - after
        self._open = max(self._open, second + 1)
        return []

    def _count(self, second: int, first: int, wanted: int) -> int:
        """Add to a second's counter, which begins with the turns that went by before anybody asked; give the sum."""
        reply = self._client.update_item(
            TableName=self._table,
            Key={"requestId": {"S": f"{PARTITION}.{second}"}, "recipient": {"S": PARTITION}},
            UpdateExpression="SET taken = if_not_exists(taken, :first) + :wanted, #ttl = :ttl",
            ExpressionAttributeNames={"#ttl": "ttl"},
            ExpressionAttributeValues={
                ":first": {"N": str(first)},
                ":wanted": {"N": str(wanted)},
                ":ttl": {"N": str(second + _KEPT)},
            },
            ReturnValues="UPDATED_NEW",
        )
        return int(reply["Attributes"]["taken"]["N"])
