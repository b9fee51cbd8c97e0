"""Reports without a known submission: stored, and looked at again until their submission is known.

A report may have come before our own write. It may belong to a submission that is unknown, or to another system on the
same account.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from realtime_sms.aws.deliveries import advance
from realtime_sms.aws.table import UNMATCHED_REPORTS, Key, Table, Update, seconds, shard, shards
from realtime_sms.outcomes.submission import iso
from realtime_sms.provider.reports import DeliveryUpdate, Report
from realtime_sms.vocabulary import Delivery, DeliveryReason

SHARDS = shards("stray")
LOOKS = (60.0, 330.0, 1_800.0, 7_200.0, 21_600.0, 86_400.0)  # seconds after the report at which it is looked at again
_LIFETIME = 7 * 86_400  # seconds


@dataclass(frozen=True, slots=True)
class UnmatchedReport:
    """One such report, and when it first came (epoch seconds)."""

    report: Report
    received_at: float

    @property
    def key(self) -> Key:
        """Return its key in the table: it is kept under RealTime's id."""
        return UNMATCHED_REPORTS, self.report.submission_id


class UnmatchedReports:
    """Those reports, in the table.

    Raises, from every method:
        StoreUnavailableError: the table did not answer.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def keep(self, report: Report, now: float) -> bool:
        """Store a report, or advance the stored one with its id; return False if nothing is new."""
        advanced = advance(report.update, now)
        values = {
            ":phone": {"S": report.recipient},
            ":shard": {"S": shard(report.submission_id, SHARDS)},
            ":look": {"S": iso(now + LOOKS[0])},
            ":ttl": {"N": str(int(now) + _LIFETIME)},
        }
        sets = (
            *advanced.sets,
            "phone = if_not_exists(phone, :phone)",
            "createdAt = if_not_exists(createdAt, :now)",
            "openShard = :shard",
            "openUntil = :look",
            "#ttl = :ttl",
        )
        update = Update(sets, advanced.removes, advanced.condition, {**advanced.values, **values}, {"#ttl": "ttl"})
        return self._table.update((UNMATCHED_REPORTS, report.submission_id), update)

    def due(self, now: float, most: int) -> Iterator[UnmatchedReport]:
        """Yield reports that are to be looked at now."""
        keys = self._table.some_due(SHARDS, now, most)
        return (_read(item) for key in keys if (item := self._table.get(key)) is not None)

    def put_off(self, unmatched: UnmatchedReport, now: float) -> None:
        """Set when the report is looked at again, or never; a report that advanced meanwhile stays as it is."""
        condition, values = _unchanged(unmatched.report.update)
        later = next((at for after in LOOKS if (at := unmatched.received_at + after) > now), None)
        if later is None:
            update = Update((), ("openShard", "openUntil"), condition, values)
        else:
            update = Update(("openUntil = :look",), (), condition, values | {":look": {"S": iso(later)}})
        self._table.update(unmatched.key, update)

    def drop(self, unmatched: UnmatchedReport) -> None:
        """Delete a report that its submission has now; one that advanced meanwhile stays, to be looked at again."""
        self._table.delete(unmatched.key, *_unchanged(unmatched.report.update))


def _unchanged(update: DeliveryUpdate) -> tuple[str, dict[str, Any]]:
    seen: dict[str, Any] = {":seen": {"S": update.delivery}}
    if update.reason is None:
        return "delivery = :seen AND attribute_not_exists(deliveryReason)", seen
    return "delivery = :seen AND deliveryReason = :why", seen | {":why": {"S": update.reason}}


def _read(item: Mapping[str, Any]) -> UnmatchedReport:
    reason = DeliveryReason(item["deliveryReason"]["S"]) if "deliveryReason" in item else None
    update = DeliveryUpdate(Delivery(item["delivery"]["S"]), reason)
    report = Report(item["recipient"]["S"], item["phone"]["S"], update)
    return UnmatchedReport(report, seconds(item["createdAt"]["S"]))
