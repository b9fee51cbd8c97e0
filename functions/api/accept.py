"""Accept a request: store its entry, then put it on the queue, so that every request that gets a 202 is stored.

A call with the same key may be repeated after any failure. Until there is an outcome, the request is published again,
because the queue may have been purged. Two messages of one request are one send: the sender goes by the request id.
"""

from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from aws_lambda_powertools.event_handler import Response

from api.app import Reply, app, ok, operation, ports
from api.incoming import LARGEST, base, check_times, read_body, read_key, read_request, too_large
from api.openapi import ACCEPTING, BODY, IDEMPOTENCY
from api.ports import Ports
from api.preview import groups_of, previewed, segments
from api.problem import Fault, ProblemError
from realtime_sms.aws.queues import as_body
from realtime_sms.aws.requests import Addressed, Entry, Summary
from realtime_sms.aws.table import StoreUnavailableError
from realtime_sms.aws.telemetry import logger
from realtime_sms.encoding import charset
from realtime_sms.outcomes.decide import CONFLICT_DETAIL
from realtime_sms.requests.prepare import PreparedRequest
from realtime_sms.vocabulary import Reason

if TYPE_CHECKING:
    from api.replies import Accepted

_ACCEPTED: Any = ("accepted, and will be sent", "Accepted", ACCEPTING, IDEMPOTENCY)
_IN_WIRE_FORM = (charset.HEXADECIMAL, charset.LATIN)  # of the others the wire form is the text itself


@operation("POST", "/messages", "Send one text to one or more recipients", *_ACCEPTED, body=True, accepts=True)
def accept() -> Reply:
    """Accept a send request."""
    return _accepted(read_body(app.current_event))


@operation(
    "POST",
    "/api/sms",
    "Send a body as RealTime's own API reads it: a text of charset 6 or 8 is in wire form",
    *_ACCEPTED,
    body=True,
    accepts=True,
)
def accept_realtime() -> Reply:
    """Accept a send request as RealTime itself reads it."""
    value = read_body(app.current_event)
    message = value.get("message")
    if isinstance(message, dict) and message.get("charset") in _IN_WIRE_FORM:
        value["message"] = {"encoded": True, **message}
    return _accepted(value)


@operation(
    "POST",
    "/messages/preview",
    "Show how a text would be sent, and send nothing",
    "how the text would be sent",
    "Preview",
    BODY,
    body=True,
)
def preview() -> Reply:
    """Show how a request would be sent; the key is ignored."""
    prepared = read_request(read_body(app.current_event), None, ports().defaults)
    check_times(prepared, ports().now())
    return ok(previewed(prepared))


def _accepted(value: dict[str, object]) -> Reply:
    body = take(value, read_key(app.current_event), base(app.current_event), ports())
    logger.info("accepted", extra={name: body[name] for name in ("requestId", "recipients", "segments")})
    return Response(HTTPStatus.ACCEPTED, "application/json", body, {"Location": body["links"]["self"]})


def take(value: dict[str, object], key: str | None, stage: str, ports: Ports) -> "Accepted":
    """Store a send request under its key, and put it on the queue.

    Raises:
        ProblemError: it cannot be sent, or its id was used with other content.
        StoreUnavailableError, QueueUnavailableError: it may or may not be kept; the same key may be tried again.

    """
    prepared = read_request(value, key, ports.defaults)
    request_id = prepared.request_id
    message = _message(value | {"requestId": request_id})
    summary = ports.requests.summary(request_id)
    if summary.content_hash is None:
        check_times(prepared, ports.now())
    else:
        _check_content(prepared, summary.content_hash, ports)
    entry = _entry(prepared, summary, ports)
    if entry.queued_at is None or summary.first is None:
        ports.producer.publish(message, prepared.request.message_type, prepared.request.campaign)
        _mark_queued(request_id, ports)
    groups = groups_of(prepared)
    return {
        "requestId": request_id,
        "recipients": len(prepared.recipients.numbers),
        "segments": segments(groups),
        "groups": groups,
        "links": {"self": f"{stage}/messages/{quote(request_id, safe='')}"},
    }


def _entry(prepared: PreparedRequest, summary: Summary, ports: Ports) -> Entry:
    """Return the request's entry, its own or that of an earlier try."""
    fresh = _new_entry(prepared, ports.now())
    entry = summary.entry or ports.requests.create(fresh) or fresh
    _check_content(prepared, entry.content_hash, ports)
    return entry


def _check_content(prepared: PreparedRequest, stored: str, ports: Ports) -> None:
    """Raise a ProblemError if the id was used with other content."""
    if not prepared.is_same_content(stored, ports.hides):
        raise ProblemError(HTTPStatus.CONFLICT, CONFLICT_DETAIL, (Fault(CONFLICT_DETAIL, reason=Reason.CONFLICT),))


def _new_entry(prepared: PreparedRequest, now: float) -> Entry:
    groups = [
        Addressed(encoded.charset, encoded.segments, message.recipients) for message, encoded in prepared.sendable
    ]
    return Entry(
        request_id=prepared.request_id,
        content_hash=prepared.content_hash,
        groups=tuple(groups),
        metadata=prepared.request.metadata,
        message_type=prepared.request.message_type,
        campaign=prepared.request.campaign,
        send_at=prepared.request.send_at.timestamp() if prepared.request.send_at else None,
        created_at=now,
    )


def _message(value: dict[str, object]) -> str:
    """Write the request as a queue message; every request that the API accepts fits into one."""
    message = as_body(value)
    if len(message.encode()) > LARGEST:
        raise too_large()
    return message


def _mark_queued(request_id: str, ports: Ports) -> None:
    """Note that the request is on the queue; otherwise a repeated call queues a second message, which sends nothing."""
    try:
        ports.requests.mark_queued(request_id, ports.now())
    except StoreUnavailableError as error:
        logger.warning("not marked as queued", extra={"requestId": request_id, "error": str(error)})
