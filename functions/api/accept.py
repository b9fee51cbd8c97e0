"""Accepting a request: entered in the register, then put on the queue, so that the caller's 202 is never a lie.

Whatever fails on the way, the same key may be tried again: the entry is found, and the message is queued again unless
it is known to be on the queue. Two messages of one request are one send, for the sender goes by the id.
"""

from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote

from api import described
from api.exchange import HttpReply, HttpRequest
from api.intake import LARGEST, read_key, read_request, read_value, too_large
from api.ports import Ports
from api.problem import Fault, ProblemError
from realtime_sms.aws.queues import as_body
from realtime_sms.aws.requests import Addressed, Entry
from realtime_sms.aws.table import StoreUnavailableError
from realtime_sms.aws.telemetry import logger
from realtime_sms.encoding import charset
from realtime_sms.outcomes.decide import CONFLICT_DETAIL
from realtime_sms.requests.prepare import PreparedRequest
from realtime_sms.vocabulary import Reason

if TYPE_CHECKING:
    from api.replies import Accepted, Preview

_IN_WIRE_FORM = (charset.HEXADECIMAL, charset.LATIN)  # of the others the wire form is the text itself


def accept(request: HttpRequest, ports: Ports) -> HttpReply:
    """Take a send request; 202 once it is on the queue.

    Raises:
        ProblemError: it cannot be sent, or its id was used with other content.
        StoreUnavailableError, QueueUnavailableError: it may or may not be kept; the same key may be tried again.

    """
    return _take(read_value(request), request, ports)


def accept_realtime(request: HttpRequest, ports: Ports) -> HttpReply:
    """Take a send request as RealTime itself reads it: the text of charsets 6 and 8 is in wire form.

    Raises:
        ProblemError, StoreUnavailableError, QueueUnavailableError: as `accept` does.

    """
    value = read_value(request)
    message = value.get("message")
    if isinstance(message, dict) and message.get("charset") in _IN_WIRE_FORM:
        value["message"] = {"encoded": True, **message}
    return _take(value, request, ports)


def _take(value: dict[str, object], request: HttpRequest, ports: Ports) -> HttpReply:
    prepared = read_request(value, read_key(request), ports.defaults)
    request_id = prepared.request_id
    message = _message(value | {"requestId": request_id})
    entry = _enter(prepared, ports)
    if entry.queued_at is None:
        ports.producer.publish(message)
        _mark_queued(request_id, ports)
    return _accepted(prepared, request.base)


def preview(request: HttpRequest, ports: Ports) -> HttpReply:
    """Say what sending would mean, and keep nothing.

    Raises:
        ProblemError: it could not be sent.

    """
    prepared = read_request(read_value(request), None, ports.defaults)
    groups = described.previewed_groups(prepared)
    body: Preview = {
        "recipients": len(prepared.recipients.numbers),
        "segments": described.segments(groups),
        "groups": groups,
        "plain": described.transliterated(prepared),
    }
    return HttpReply(HTTPStatus.OK, body)


def _enter(prepared: PreparedRequest, ports: Ports) -> Entry:
    """Give the register's entry for the request, its own or that of an earlier try."""
    request_id = prepared.request_id
    summary = ports.requests.summary(request_id)
    if summary.content_hash not in {None, prepared.content_hash}:
        raise _conflict()
    fresh = _entry(prepared, ports.now())
    entry = summary.entry or ports.requests.create(fresh) or fresh
    if entry.content_hash != prepared.content_hash:
        raise _conflict()
    return entry


def _entry(prepared: PreparedRequest, now: float) -> Entry:
    groups = [
        Addressed(encoded.charset, encoded.segments, message.recipients) for message, encoded in prepared.sendable
    ]
    return Entry(
        request_id=prepared.request_id,
        content_hash=prepared.content_hash,
        groups=tuple(groups),
        metadata=prepared.request.metadata,
        created_at=now,
    )


def _conflict() -> ProblemError:
    return ProblemError(HTTPStatus.CONFLICT, CONFLICT_DETAIL, (Fault(CONFLICT_DETAIL, reason=Reason.CONFLICT),))


def _message(value: dict[str, object]) -> str:
    """Write the request as a queue message, which what the API takes always fits into."""
    message = as_body(value)
    if len(message.encode()) > LARGEST:
        raise too_large()
    return message


def _mark_queued(request_id: str, ports: Ports) -> None:
    """Note it; where that fails the next try with this key queues a second message, which sends nothing."""
    try:
        ports.requests.mark_queued(request_id, ports.now())
    except StoreUnavailableError as error:
        logger.warning("not marked as queued", extra={"requestId": request_id, "error": str(error)})


def _accepted(prepared: PreparedRequest, base: str) -> HttpReply:
    request_id = prepared.request_id
    groups = described.groups(prepared)
    address = f"{base}/messages/{quote(request_id, safe='')}"
    body: Accepted = {
        "requestId": request_id,
        "recipients": len(prepared.recipients.numbers),
        "segments": described.segments(groups),
        "groups": groups,
        "links": {"self": address},
    }
    logger.info("accepted", extra={name: body[name] for name in ("requestId", "recipients", "segments")})
    return HttpReply(HTTPStatus.ACCEPTED, body, {"Location": address})
