"""What RealTime posts to the customer's callback addresses: delivery reports, and SMS that phones send back."""

import json
import sched
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum
from typing import Final, NamedTuple

import urllib3

# RealTime's own waits after each post that was not answered with 200; then it gives up.
POST_AGAIN_SECONDS: Final = (300, 900, 1_800, 3_600, 18_000, 86_400)
_TIMEOUT_SECONDS: Final = 30  # API Gateway itself gives up after 29


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
        return self.name.lower().replace("_", " ")

    @property
    def word(self) -> str:
        """The word of *Get SMS info* for this status; RealTime lists the words only, the pairing is ours."""
        return ("UNKNOWN", "DELIVERED", "REJECTED", "UNDELIVERED", "PENDING", "EXPIRED")[self]

    @property
    def is_final(self) -> bool:
        return self not in {DeliveryStatus.NO_STATUS, DeliveryStatus.PENDING}


class Receipt(NamedTuple):
    """How the customer's system answered one report."""

    submission_id: str
    acknowledged: bool
    attempts: int


def report_body(submission_id: str, recipient: str, status: DeliveryStatus, at: float) -> bytes:
    """Return a delivery report as RealTime posts it: phone without `+`, date without a zone (UTC here)."""
    date = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")
    phone = recipient.removeprefix("+")
    return json.dumps({"id": submission_id, "phone": phone, "status": int(status), "date": date}).encode()


@dataclass(eq=False, slots=True)
class Inbound:
    """One SMS from a phone (E.164) to the number that had written to it.

    `statuses` are the HTTP statuses with which the customer's address answered each post; None is no answer.
    """

    id: str
    phone: str = field(repr=False)
    originator: str
    message: str = field(repr=False)
    sent_at: float
    statuses: list[int | None] = field(default_factory=list)

    def body(self) -> bytes:
        """Return it as RealTime posts it: phone without `+`, no id, no time."""
        phone = self.phone.removeprefix("+")
        return json.dumps({"phone": phone, "originator": self.originator, "message": self.message}).encode()

    def as_json(self) -> dict[str, object]:
        """Return it as the control API lists it, with the last answer of the customer's address."""
        statuses = tuple(self.statuses)
        told = {"id": self.id, "phone": self.phone, "originator": self.originator, "message": self.message}
        return told | {"sentAt": self.sent_at, "posts": len(statuses), "status": statuses[-1] if statuses else None}


def post(url: str, body: bytes) -> int | None:
    """Post JSON once; return the status of the answer, None if there is none."""
    headers = {"Content-Type": "application/json"}
    try:
        with urllib3.PoolManager() as pool:
            return pool.request("POST", url, body=body, headers=headers, timeout=_TIMEOUT_SECONDS, retries=False).status
    except urllib3.exceptions.HTTPError:
        return None


class Postman:
    """Makes posts when they are due, one after the other, in a thread of its own between `start` and `stop`."""

    def __init__(self) -> None:
        self._due = sched.scheduler(time.monotonic)
        self._changed = threading.Event()
        self._stopped = False
        self._thread = threading.Thread(target=self._work, name="realtime-postman", daemon=True)

    def hand_over(self, deliver: Callable[[], bool], waits: Sequence[float]) -> None:
        """Call `deliver` after the first wait (seconds), then after each next one, until it returns True."""
        if waits:
            self._due.enter(waits[0], 0, self._deliver, (deliver, waits[1:]))
            self._changed.set()

    def start(self) -> None:
        """Start to post, beginning with what was handed over before."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the current post and make no other."""
        self._stopped = True
        self._changed.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._stopped:
            self._changed.wait(self._due.run(blocking=False))
            self._changed.clear()

    def _deliver(self, deliver: Callable[[], bool], waits: Sequence[float]) -> None:
        if not self._stopped and not deliver():
            self.hand_over(deliver, waits)
