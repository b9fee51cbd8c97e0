"""Show the outcome of every recipient of a request, in pages."""

import re
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import unquote

from api.app import Reply, app, ok, operation, ports
from api.openapi import PAGING, READING, REQUEST, SUBMISSION, SUBMISSION_ID
from api.paging import read_cursor, read_limit, seal
from api.problem import ProblemError
from realtime_sms.aws.requests import Summary
from realtime_sms.outcomes.json_form import to_json
from realtime_sms.outcomes.submission import Submission, iso
from realtime_sms.requests.model import REQUEST_ID

if TYPE_CHECKING:
    from api.replies import Outcome, Outcomes


@operation(
    "GET",
    "/messages/<request_id>",
    "The outcome of each recipient, in pages",
    "a page of recipients",
    "Outcomes",
    READING,
    REQUEST,
    *PAGING,
)
def show_request(request_id: str) -> Reply:
    """Show a page of the recipients of a request, each with its state, in the order of their numbers."""
    request_id, most = unquote(request_id), read_limit(app.current_event)
    summary = ports().requests.summary(request_id) if re.fullmatch(REQUEST_ID, request_id) else Summary()
    if summary == Summary():
        raise ProblemError(HTTPStatus.NOT_FOUND, "no request of this id is known")
    key = f"{request_id}\n{summary.content_hash or ''}"
    after = read_cursor(app.current_event, key)
    known = {one.recipient: shown(one) for one in ports().requests.page(request_id, after, most + 1)}
    states = _expected(summary, after, most + 1) | known
    page = sorted(states)[:most]
    body: Outcomes = {"requestId": request_id, "recipients": [states[recipient] for recipient in page]}
    if len(states) > most:
        body["nextCursor"] = seal(page[-1], key)
    return ok(_whole(body, summary))


@operation(
    "GET",
    "/submissions/<submission_id>",
    "One submission, by RealTime's id",
    "the submission",
    "Found",
    READING,
    SUBMISSION,
)
def show_submission(submission_id: str) -> Reply:
    """Show the submission with this id of RealTime."""
    submission_id = unquote(submission_id)
    found = ports().requests.find(submission_id) if re.fullmatch(SUBMISSION_ID, submission_id) else None
    if found is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, "no submission of this id is known")
    metadata = {"metadata": dict(found.metadata)} if found.metadata else {}
    return ok({"requestId": found.request_id, **shown(found), **metadata})


def shown(submission: Submission) -> "Outcome":
    """Return what the API shows of a submission."""
    return {**to_json(submission), "final": submission.final}


def _expected(summary: Summary, after: str, most: int) -> "dict[str, Outcome]":
    """Return up to `most` recipients that were accepted, without their outcomes."""
    if summary.entry is None:
        return {}
    state = {"status": "rejected" if summary.superseded else "queued", "final": summary.superseded}
    expected: dict[str, Outcome] = {
        recipient: {"recipient": recipient, **state, "charset": group.charset, "segments": group.segments}
        for group in summary.entry.groups
        for recipient in group.recipients
        if recipient > after
    }
    return {recipient: expected[recipient] for recipient in sorted(expected)[:most]}


def _whole(body: "Outcomes", summary: Summary) -> "Outcomes":
    """Add what is known of the request as a whole."""
    if summary.entry is not None:
        body["createdAt"] = iso(summary.entry.created_at)
    metadata = summary.entry.metadata if summary.entry else summary.first.metadata if summary.first else {}
    if metadata:
        body["metadata"] = dict(metadata)
    if summary.rejection is not None:
        note = summary.rejection
        body["rejected"] = {"reason": note.reason, "detail": note.detail, "createdAt": iso(note.created_at)}
    return body
