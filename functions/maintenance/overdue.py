"""Submissions of which no report came in time: RealTime is asked, less often each time, and in the end no more."""

from maintenance.status_queries import StatusQueries
from realtime_sms.aws.deliveries import Deliveries
from realtime_sms.aws.submissions import Submissions
from realtime_sms.outcomes.submission import ASK_AFTER, Submission
from realtime_sms.provider.reports import Info


def ask_overdue(deliveries: Deliveries, submissions: Submissions, enquiry: StatusQueries, now: float) -> int:
    """Ask about what is overdue, as far as the questions go; give how many answers came."""
    answers = 0
    most = enquiry.left
    keys = deliveries.overdue(now, most) if most else []
    held = submissions.read(keys)
    for found in (held[key] for key in keys if key in held):
        if found.ask_at is None or found.ask_at > now or found.submission_id is None:
            continue  # reported since the index was written
        info = enquiry.ask(found.submission_id)
        if info is None:
            break
        answers += 1
        _keep(found, found.submission_id, info, deliveries, now)
    return answers


def _keep(found: Submission, submission_id: str, info: Info, deliveries: Deliveries, now: float) -> None:
    """Keep the answer; what was kept is raised last, so that a crash in between asks once more."""
    asks = (found.asks or 0) + 1
    ask_at = now + ASK_AFTER[asks] if asks < len(ASK_AFTER) else None
    key = (found.request_id, found.recipient)
    deliveries.note(key, info, asked_at=found.ask_at or 0, asks=asks, ask_at=ask_at)
    if info.update is not None:
        deliveries.record(key, submission_id, info.update, now)
