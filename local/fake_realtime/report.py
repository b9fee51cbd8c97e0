"""Delivery as the vendor tells it: by *Get SMS info* and by delivery reports to the customer's own address."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from http import HTTPStatus
from typing import Final

from local.fake_realtime.postman import POST_AGAIN_SECONDS, post

MOST_ATTEMPTS: Final = 1 + len(POST_AGAIN_SECONDS)


class DeliveryStatus(IntEnum):
    """The `status` of a delivery report."""

    NO_STATUS = 0
    DELIVERED = 1
    BAD_NUMBER = 2
    NETWORK_FAILURE = 3
    PENDING = 4
    EXPIRED = 5

    @property
    def meaning(self) -> str:
        """The status in plain words."""
        return self.name.lower().replace("_", " ")

    @property
    def word(self) -> str:
        """The word that *Get SMS info* has for this status; the pairing is ours, the vendor lists only the words."""
        return _WORDS[self]

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen to the message."""
        return self not in {DeliveryStatus.NO_STATUS, DeliveryStatus.PENDING}


_WORDS: Final = {
    DeliveryStatus.NO_STATUS: "UNKNOWN",
    DeliveryStatus.DELIVERED: "DELIVERED",
    DeliveryStatus.BAD_NUMBER: "REJECTED",
    DeliveryStatus.NETWORK_FAILURE: "UNDELIVERED",
    DeliveryStatus.PENDING: "PENDING",
    DeliveryStatus.EXPIRED: "EXPIRED",
}


@dataclass(frozen=True, slots=True)
class Report:
    """One delivery report: the submission's id, its recipient in E.164, and what became of it, when (epoch)."""

    submission_id: str
    recipient: str
    status: DeliveryStatus
    at: float

    def body(self) -> bytes:
        """Give the report as the vendor posts it: phone without `+`, date without a zone (UTC here)."""
        date = datetime.fromtimestamp(self.at, UTC).strftime("%Y-%m-%d %H:%M:%S")
        phone = self.recipient.removeprefix("+")
        report = {"id": self.submission_id, "phone": phone, "status": int(self.status), "date": date}
        return json.dumps(report).encode()


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the customer's system made of one report: whether it took it, after how many attempts."""

    submission_id: str
    acknowledged: bool
    attempts: int


def post_report(report: Report, callback_url: str, attempts: int) -> Receipt:
    """Post one report until it is answered with exactly 200, at most `attempts` times, without waiting between."""
    for attempt in range(1, attempts + 1):
        if post(callback_url, report.body()) == HTTPStatus.OK:
            return Receipt(report.submission_id, acknowledged=True, attempts=attempt)
    return Receipt(report.submission_id, acknowledged=False, attempts=attempts)
