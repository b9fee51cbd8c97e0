"""Reports of which no submission was found: kept, and looked at again until it is known what they were of.

One may have come before our own write, be of a call that we gave up, or be of another system on the same account.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from realtime_sms.aws.item import Attributes, iso, seconds, shard
from realtime_sms.aws.rows import Rows, Update, advance
from realtime_sms.provider.reports import DeliveryUpdate, Report
from realtime_sms.vocabulary import Delivery, DeliveryReason

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PARTITION = "#report"  # no request id can be called so; the sort key is RealTime's id
SHARDS = tuple(f"stray-{number}" for number in range(8))
LOOKS = (60.0, 330.0, 1_800.0, 7_200.0, 21_600.0, 86_400.0)  # seconds after the report at which it is looked at again
_LIFETIME = 7 * 86_400  # seconds


@dataclass(frozen=True, slots=True)
class UnmatchedReport:
    """One such report, and when it first came (epoch seconds)."""

    report: Report
    received_at: float


class UnmatchedReports:
    """Those reports, in the outcomes table.

    Raises, from every method:
        StoreUnavailableError: the table did not answer.
    """

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._rows = Rows(client, table)

    def keep(self, report: Report, now: float) -> bool:
        """Keep a report, or raise what is kept under its id; False where no more is known by it than before."""
        higher = advance(report.update, now)
        values = {
            ":phone": {"S": report.recipient},
            ":shard": {"S": shard(report.submission_id, SHARDS)},
            ":look": {"S": iso(now + LOOKS[0])},
            ":ttl": {"N": str(int(now) + _LIFETIME)},
        }
        sets = (
            *higher.sets,
            "phone = if_not_exists(phone, :phone)",
            "createdAt = if_not_exists(createdAt, :now)",
            "openShard = :shard",
            "openUntil = :look",
            "#ttl = :ttl",
        )
        update = Update(sets, higher.removes, higher.condition, higher.values | values)
        return self._rows.update((PARTITION, report.submission_id), update, {"#ttl": "ttl"})

    def due(self, now: float, most: int) -> Iterator[UnmatchedReport]:
        """Give reports that are to be looked at now."""
        keys = self._rows.due(SHARDS, now, most)
        return (_stray(item) for key in keys if (item := self._rows.get(key)) is not None)

    def put_off(self, stray: UnmatchedReport, now: float) -> None:
        """Look at it again later, or no more; one that was raised meanwhile is left as it is."""
        condition, values = _unchanged(stray.report.update)
        later = next((at for after in LOOKS if (at := stray.received_at + after) > now), None)
        if later is None:
            update = Update((), ("openShard", "openUntil"), condition, values)
        else:
            update = Update(("openUntil = :look",), (), condition, values | {":look": {"S": iso(later)}})
        self._rows.update(_key(stray), update)

    def drop(self, stray: UnmatchedReport) -> None:
        """Forget it, for its submission has it; one that was raised meanwhile stays, to be looked at again."""
        self._rows.delete(_key(stray), *_unchanged(stray.report.update))


def _key(stray: UnmatchedReport) -> tuple[str, str]:
    return PARTITION, stray.report.submission_id


def _unchanged(update: DeliveryUpdate) -> tuple[str, Attributes]:
    if update.reason is None:
        return "delivery = :seen AND attribute_not_exists(deliveryReason)", {":seen": {"S": update.delivery}}
    return "delivery = :seen AND deliveryReason = :why", {":seen": {"S": update.delivery}, ":why": {"S": update.reason}}


def _stray(item: Mapping[str, Any]) -> UnmatchedReport:
    reason = DeliveryReason(item["deliveryReason"]["S"]) if "deliveryReason" in item else None
    update = DeliveryUpdate(Delivery(item["delivery"]["S"]), reason)
    report = Report(item["recipient"]["S"], item["phone"]["S"], update)
    return UnmatchedReport(report, seconds(item["createdAt"]["S"]))
