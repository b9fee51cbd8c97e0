"""The breakers `balance` and `auth`: while one is open no call goes out, and messages wait in the queue.

Their state is one item each in the outcomes table, read at most every few seconds by each environment. A breaker that
opens again soon after it was closed is held open longer each time, so that a wrong cure costs few refused calls.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from realtime_sms.aws.logging import logger
from realtime_sms.aws.metrics import Metric, counters
from realtime_sms.aws.submissions import StoreUnavailableError
from realtime_sms.provider.verdict import Kind
from realtime_sms.vocabulary import Reason

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

PARTITION = "#breaker"  # no request id can be called so
_FRESH = 5.0  # seconds for which an environment believes what it read
_HOLD = 60.0  # seconds for which a breaker that opened again at once is held open, doubled each time
_LONGEST_HOLD = 1800.0
_CALM = 3600.0  # seconds closed after which earlier openings are forgotten


class Breaker(StrEnum):
    """What stops calls: no balance, or no valid authorisation."""

    BALANCE = "balance"
    AUTH = "auth"


_OPENINGS = {Breaker.BALANCE: Metric.BALANCE_BREAKER_OPENINGS, Breaker.AUTH: Metric.AUTH_BREAKER_OPENINGS}
BY_PROOF = {
    Kind.NO_BALANCE: Breaker.BALANCE,
    Kind.UNAUTHORIZED: Breaker.AUTH,
    Kind.FORBIDDEN: Breaker.AUTH,
}


@dataclass(frozen=True, slots=True)
class OpenBreaker:
    """An open breaker: why, since when (epoch seconds), and how often it opened of late."""

    breaker: Breaker
    reason: Reason
    since: float
    times: int = 1

    @property
    def held_until(self) -> float:
        """Give the epoch second before which it is not to be closed."""
        return self.since + (min(_HOLD * 2.0 ** (self.times - 2), _LONGEST_HOLD) if self.times > 1 else 0)


class Breakers:
    """Both breakers, as one environment sees them."""

    def __init__(
        self, client: "DynamoDBClient", table: str, *, now: Callable[[], float] = time.time, fresh: float = _FRESH
    ) -> None:
        self._client = client
        self._table = table
        self._now = now
        self._fresh = fresh
        self._known: dict[Breaker, OpenBreaker] = {}
        self._read_at = float("-inf")

    def open(self) -> OpenBreaker | None:
        """Give an open breaker, if there is one; what cannot be read is taken to be as it was."""
        if self._now() - self._read_at >= self._fresh:
            self.refresh()
        return next(iter(self._known.values()), None)

    def refresh(self) -> bool:
        """Read both from the table now; False where it did not answer."""
        try:
            self._known = {one.breaker: one for one in self.read()}
        except (ClientError, BotoCoreError, StoreUnavailableError):
            return False
        self._read_at = self._now()
        return True

    def read(self) -> list[OpenBreaker]:
        """Give those that are open in the table.

        Raises:
            ClientError, BotoCoreError: the table did not answer.
            StoreUnavailableError: it answered in part, so that one that is open may be missing.

        """
        keys = [_key(breaker) for breaker in Breaker]
        reply = self._client.batch_get_item(RequestItems={self._table: {"Keys": keys, "ConsistentRead": True}})
        if reply.get("UnprocessedKeys"):
            raise StoreUnavailableError("UnprocessedKeys")
        return [_opened(item) for item in reply["Responses"].get(self._table, []) if "since" in item]

    def all_open(self) -> list[OpenBreaker]:
        """Give every breaker that was open when last read."""
        return list(self._known.values())

    def trip(self, breaker: Breaker, reason: Reason) -> None:
        """Open a breaker: at once for this environment, and in the table for all others.

        Where the table does not take it, the others find out by a refused call of their own; so it is logged only.
        """
        if breaker in self._known:
            return
        now = self._now()
        self._known[breaker] = OpenBreaker(breaker, reason, now)
        self._read_at = now
        try:
            self._record_opening(breaker, reason, now)
        except (ClientError, BotoCoreError) as error:
            logger.warning("breaker not recorded", extra={"breaker": breaker, "error": type(error).__name__})

    def close(self, opened: OpenBreaker) -> None:
        """Close a breaker for all, if it is still the same opening; how often it opened is remembered for an hour.

        Raises:
            ClientError, BotoCoreError: the table did not take it.

        """
        self._known.pop(opened.breaker, None)
        self._client.update_item(
            TableName=self._table,
            Key=_key(opened.breaker),
            UpdateExpression="SET calmAt = :calm REMOVE #since",
            ConditionExpression="#since = :since",
            ExpressionAttributeNames={"#since": "since"},
            ExpressionAttributeValues={":since": _number(opened.since), ":calm": _number(self._now() + _CALM)},
        )

    def _record_opening(self, breaker: Breaker, reason: Reason, now: float) -> None:
        """Count one more opening, or the first one if the last is long past; leave a breaker that is open alone."""
        for times, condition in (
            (
                "if_not_exists(times, :none) + :one",
                "attribute_not_exists(#since) AND (attribute_not_exists(calmAt) OR calmAt > :now)",
            ),
            (":one", "attribute_not_exists(#since)"),
        ):
            try:
                self._client.update_item(
                    TableName=self._table,
                    Key=_key(breaker),
                    UpdateExpression=f"SET #since = :now, reason = :reason, times = {times}",
                    ConditionExpression=condition,
                    ExpressionAttributeNames={"#since": "since"},
                    ExpressionAttributeValues={
                        ":now": _number(now),
                        ":reason": {"S": reason},
                        ":one": {"N": "1"},
                    }
                    | ({":none": {"N": "0"}} if ":none" in times else {}),
                )
            except ClientError as error:
                if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                    raise
            else:
                counters.count(_OPENINGS[breaker])
                return


def _key(breaker: Breaker) -> dict[str, dict[str, str]]:
    return {"requestId": {"S": PARTITION}, "recipient": {"S": breaker}}


def _number(seconds: float) -> "AttributeValueTypeDef":
    return {"N": f"{seconds:.3f}"}


def _opened(item: "dict[str, AttributeValueTypeDef]") -> OpenBreaker:
    return OpenBreaker(
        Breaker(item["recipient"]["S"]), Reason(item["reason"]["S"]), float(item["since"]["N"]), int(item["times"]["N"])
    )
