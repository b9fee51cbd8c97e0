"""A message on a phone, and what RealTime says about it."""

from dataclasses import dataclass, field
from typing import Final

from local.fake_realtime.callbacks import DeliveryStatus, report_body
from local.fake_realtime.submission import Submission

# The first is RealTime's own example; the other ids are made up.
_CHILEAN: Final = (
    {"id": "188", "name": "Entel Pcs", "mcc": "730", "mnc": "10"},
    {"id": "189", "name": "Movistar", "mcc": "730", "mnc": "02"},
    {"id": "190", "name": "Claro", "mcc": "730", "mnc": "03"},
    {"id": "191", "name": "WOM", "mcc": "730", "mnc": "09"},
)
_ELSEWHERE: Final = {"id": "999", "name": "Test network", "mcc": "001", "mnc": "01"}


def operator_of(recipient: str) -> dict[str, str]:
    """Return RealTime's operator structure for a number in E.164; the same number has always the same operator."""
    return _CHILEAN[int(recipient[1:]) % len(_CHILEAN)] if recipient.startswith("+56") else _ELSEWHERE


@dataclass(frozen=True, slots=True)
class Message:
    """One SMS on one phone; times are epoch seconds."""

    submission_id: str
    recipient: str = field(repr=False)
    submission: Submission
    received_at: float
    delivered_at: float
    delivery: DeliveryStatus

    @property
    def text(self) -> str:
        """The text as the phone shows it."""
        return self.submission.text

    def report(self) -> bytes:
        """Return the delivery report that RealTime posts when the status is final."""
        return report_body(self.submission_id, self.recipient, self.delivery, self.delivered_at)

    def as_json(self) -> dict[str, object]:
        """Return the message as the control API lists it."""
        submission, parts = self.submission, self.submission.parts
        return {
            "submissionId": self.submission_id,
            "recipient": self.recipient,
            "sender": submission.sender,
            "charset": submission.charset,
            "wireText": submission.wire_text,
            "text": submission.text,
            "segments": len(parts),
            "parts": parts,
            "operator": operator_of(self.recipient)["name"],
            "receivedAt": self.received_at,
            "reported": self.delivery.meaning,
        }

    def info(self, now: float) -> dict[str, object]:
        """Return the reply to *Get SMS info*: pending until the delivery time; a time in the future is 0."""
        status = self.delivery if now >= self.delivered_at else DeliveryStatus.PENDING
        registered, settled = int(self.received_at), int(self.delivered_at)
        return {
            "id": self.submission_id,
            "timestamps": {"registered": registered, "sent": registered, "done": settled if status.is_final else 0},
            "info": {
                "status": {"code": str(int(status)), "status": status.word},
                "cost": self.submission.segments,
                "operator": operator_of(self.recipient),
            },
        }
