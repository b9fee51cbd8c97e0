"""One recipient's outcome as a command shows it: the API's fields, with the number masked by default."""

from collections.abc import Mapping

from realtime_sms.outcomes.json_form import to_json
from realtime_sms.outcomes.submission import Submission
from realtime_sms.requests.recipients import mask

COLUMNS = {
    "recipient": "recipient",
    "status": "status",
    "reason": "reason",
    "attempt#": "attempt",
    "segments#": "segments",
    "delivery": "delivery",
    "updated": "updatedAt",
    "detail": "detail",
}
"""The columns of a table of outcomes: each heading with its field."""


def as_document(submission: Submission, *, show_numbers: bool) -> dict[str, object]:
    """Return an outcome as JSON; unknown fields are left out."""
    recipient = show_recipient(submission.recipient, whole=show_numbers)
    return {**to_json(submission), "recipient": recipient, "final": submission.final}


def as_row(document: Mapping[str, object]) -> list[str]:
    """Return an outcome's JSON as a row under `COLUMNS`; the detail of one that waits is when it is due."""
    due = {"detail": f"due {document['dueAt']}"} if "dueAt" in document else {}
    return [str(document.get(field, due.get(field, ""))) for field in COLUMNS.values()]


def show_recipient(recipient: str, *, whole: bool) -> str:
    """Return the number, masked or whole; an entry that is not a number is shown by its place in the request."""
    return recipient if whole or not recipient.startswith("+") else mask(recipient)
