"""What became of requests: every recipient of one, by page, and one submission by RealTime's id."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, cast

from api.cursor import seal, unseal
from api.exchange import HttpReply, HttpRequest
from api.ports import Ports
from api.problem import ProblemError
from api.replies import Outcome, Outcomes, State
from realtime_sms.aws.requests import Summary
from realtime_sms.outcomes.json_form import to_json
from realtime_sms.outcomes.submission import Submission, iso
from realtime_sms.requests.model import REQUEST_ID

PAGE = 50
LARGEST_PAGE = 100
SUBMISSION_ID = r"^[!-~]{1,128}$"
_LIMIT = re.compile(r"[0-9]{1,9}")


def show_request(request: HttpRequest, ports: Ports, request_id: str) -> HttpReply:
    """Give a page of the recipients of a request, each with its state, in the order of their numbers.

    Raises:
        ProblemError: 404 for an id that nothing is known of, 400 for a limit or cursor that cannot be used.

    """
    most = page_limit(request.parameter("limit"))
    summary = ports.requests.summary(request_id) if re.fullmatch(REQUEST_ID, request_id) else Summary()
    if summary == Summary():
        raise ProblemError(HTTPStatus.NOT_FOUND, "no request of this id is known")
    key = summary.content_hash or ""
    after = after_cursor(request.parameter("cursor"), f"{request_id}\n{key}")
    known = {one.recipient: shown(one) for one in ports.requests.page(request_id, after, most + 1)}
    states = _expected(summary, after, most + 1) | known
    page = sorted(states)[:most]
    body: Outcomes = {"requestId": request_id, "recipients": [states[recipient] for recipient in page]}
    if len(states) > most:
        body["nextCursor"] = seal(page[-1], f"{request_id}\n{key}")
    return HttpReply(HTTPStatus.OK, _whole(body, summary))


def show_submission(_request: HttpRequest, ports: Ports, submission_id: str) -> HttpReply:
    """Give the submission that RealTime calls so.

    Raises:
        ProblemError: 404, there is none.

    """
    found = ports.requests.find(submission_id) if re.fullmatch(SUBMISSION_ID, submission_id) else None
    if found is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, "no submission of this id is known")
    metadata = {"metadata": dict(found.metadata)} if found.metadata else {}
    return HttpReply(HTTPStatus.OK, {"requestId": found.request_id, **shown(found), **metadata})


def shown(submission: Submission) -> Outcome:
    """Show a submission to who may see it."""
    return cast("Outcome", {**to_json(submission), "final": submission.final})


def _expected(summary: Summary, after: str, most: int) -> dict[str, Outcome]:
    """Show the recipients that were accepted, as if nothing had become of them yet."""
    if summary.entry is None:
        return {}
    status: State = "rejected" if summary.superseded else "queued"
    expected = {
        recipient: Outcome(
            recipient=recipient,
            status=status,
            final=summary.superseded,
            charset=group.charset,
            segments=group.segments,
        )
        for group in summary.entry.groups
        for recipient in group.recipients
        if recipient > after
    }
    return {recipient: expected[recipient] for recipient in sorted(expected)[:most]}


def _whole(body: Outcomes, summary: Summary) -> Mapping[str, Any]:
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


def page_limit(written: str | None) -> int:
    """Read the parameter `limit`.

    Raises:
        ProblemError: 400, it is none.

    """
    if written is None:
        return PAGE
    if not _LIMIT.fullmatch(written) or not 1 <= int(written) <= LARGEST_PAGE:
        raise ProblemError.of_parameter("limit", f"must be a number from 1 to {LARGEST_PAGE}")
    return int(written)


def after_cursor(cursor: str | None, key: str) -> str:
    """Read the parameter `cursor`: the place after which the page begins.

    Raises:
        ProblemError: 400, it was not made with this key.

    """
    place = "" if cursor is None else unseal(cursor, key)
    if place is None:
        raise ProblemError.of_parameter("cursor", "is none that this request's pages gave; begin without one")
    return place
