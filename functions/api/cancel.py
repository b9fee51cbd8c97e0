"""DELETE /messages/{requestId}: cancel what was not sent yet, with an answer for every recipient."""

import re
import secrets
from http import HTTPStatus
from operator import itemgetter
from typing import TYPE_CHECKING
from urllib.parse import unquote

from api.app import Reply, ok, operation, ports
from api.openapi import READING, REQUEST
from api.ports import Ports
from api.problem import ProblemError
from realtime_sms.aws.cancel import Answer, Answered, cancel_all, of_request, scheduled
from realtime_sms.aws.requests import Summary, read_outcomes
from realtime_sms.aws.schedules import SchedulerUnavailableError
from realtime_sms.aws.table import Key
from realtime_sms.aws.telemetry import log_outcome, logger
from realtime_sms.requests.model import REQUEST_ID

if TYPE_CHECKING:
    from api.replies import Cancellation, Cancelled


@operation(
    "DELETE",
    "/messages/<request_id>",
    "Cancel a request for every recipient to whom it was not sent yet",
    "an answer for every known recipient",
    "Cancellation",
    READING,
    REQUEST,
)
def cancel_request(request_id: str) -> Reply:
    """Cancel a request, for each recipient to whom it was not sent."""
    request_id = unquote(request_id)
    answers = cancel(request_id, ports()) if re.fullmatch(REQUEST_ID, request_id) else {}
    if not answers:
        raise ProblemError(HTTPStatus.NOT_FOUND, "no recipient of a request of this id is known")
    recipients = [_shown(recipient, answer) for (_, recipient), answer in sorted(answers.items(), key=itemgetter(0))]
    cancelled = sum(one.answer is Answer.CANCELLED for one in answers.values())
    body: Cancellation = {
        "requestId": request_id,
        "cancelled": cancelled,
        "tooLate": len(answers) - cancelled,
        "recipients": recipients,
    }
    return ok(body)


def cancel(request_id: str, ports: Ports) -> dict[Key, Answered]:
    """Cancel every recipient that is known of a request, and log what was cancelled."""
    summary = ports.requests.summary(request_id)
    if summary == Summary():
        return {}
    outcomes = read_outcomes(ports.requests, request_id)
    wanted = of_request(summary, outcomes, owner=secrets.token_hex(8), now=ports.now())
    answers = cancel_all(ports.submissions, wanted, now=ports.now)
    for one in answers.values():
        if one.written and one.held is not None:
            log_outcome(one.held)
    if scheduled(answers):
        _delete_schedule(request_id, ports)
    return answers


def _delete_schedule(request_id: str, ports: Ports) -> None:
    """Delete a request's schedule; one that is left brings back a message that ends without a call."""
    try:
        ports.delete_schedule(request_id)
    except SchedulerUnavailableError as error:
        logger.warning("schedule not deleted", extra={"requestId": request_id, "error": str(error)})


def _shown(recipient: str, one: Answered) -> "Cancelled":
    shown: Cancelled = {"recipient": recipient, "answer": one.answer}
    if one.held is not None:
        shown["status"] = one.held.status
    return shown
