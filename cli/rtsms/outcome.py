"""One recipient's outcome as a command shows it: the API's members, with the number masked unless it is asked for."""

from collections.abc import Mapping

from realtime_sms.aws.item import iso
from realtime_sms.outcomes.submission import Submission
from realtime_sms.requests.recipients import mask

_MEMBERS = (
    "reason",
    "detail",
    "attempt",
    "httpStatus",
    "submissionId",
    "charset",
    "segments",
    "delivery",
    "deliveryReason",
    "cost",
)
_TIMES = ("dueAt", "expiresAt", "createdAt", "updatedAt", "submittedAt", "deliveryAt")

HEADINGS = {
    "recipient": "recipient",
    "status": "status",
    "reason": "reason",
    "attempt#": "attempt",
    "segments#": "segments",
    "delivery": "delivery",
    "updated": "updatedAt",
    "detail": "detail",
}
"""What a table of outcomes shows: each heading with the member it is of."""


def shown(submission: Submission, *, numbers: bool) -> dict[str, object]:
    """Give the outcome for machines; what is not known is left out."""
    document: dict[str, object] = {
        "recipient": number(submission.recipient, whole=numbers),
        "status": submission.status.value,
        "final": submission.final,
    }
    for member in _MEMBERS:
        document[member] = getattr(submission, _attribute(member))
    for member in _TIMES:
        seconds = getattr(submission, _attribute(member))
        document[member] = None if seconds is None else iso(seconds)
    document["maybeSent"] = submission.maybe_sent or None
    document["operator"] = dict(submission.operator) or None
    return {name: value for name, value in document.items() if value is not None}


def number(recipient: str, *, whole: bool) -> str:
    """Show a recipient: its number masked or whole, or its place in the request where it was no number."""
    return recipient if whole or not recipient.startswith("+") else mask(recipient)


def words(outcome: Mapping[str, object]) -> list[str]:
    """Give an outcome as a row for people, under `HEADINGS`."""
    return [str(outcome.get(member, "")) for member in HEADINGS.values()]


def _attribute(member: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in member)
