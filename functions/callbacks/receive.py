"""Check and store what RealTime posts, then answer 200. After any other answer RealTime posts it again."""

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from callbacks.keys import CallbackKeys, KeysUnavailableError
from callbacks.keywords import Keywords, Wish
from realtime_sms.aws.deliveries import Deliveries
from realtime_sms.aws.event_bus import BusUnavailableError, EventBus, TimedEvent
from realtime_sms.aws.forgotten import Hashes
from realtime_sms.aws.opt_outs import OptOuts
from realtime_sms.aws.table import StoreUnavailableError
from realtime_sms.aws.telemetry import Metric, counters, logger
from realtime_sms.aws.unmatched_reports import UnmatchedReports
from realtime_sms.outcomes import received
from realtime_sms.provider.reports import UnreadableReportError, read_inbound, read_report
from realtime_sms.requests.recipients import canonical, mask
from realtime_sms.vocabulary import OptOutScope

LARGEST = 16 * 1024  # octets of a body; a long SMS in JSON has less than half of that
_SOURCE = "inbound"


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything that a callback works on."""

    keys: CallbackKeys
    deliveries: Deliveries
    unmatched_reports: UnmatchedReports
    opt_outs: OptOuts
    hashes: Hashes
    keywords: Keywords
    opt_out_scope: OptOutScope
    bus: EventBus
    inbound_text: bool
    now: Callable[[], float]


def receive(event: Mapping[str, Any], ports: Ports) -> dict[str, Any]:
    """Answer one callback from API Gateway's event; 200 only if everything of it is stored."""
    path = event.get("pathParameters") or {}
    keep = _KINDS.get(path.get("kind") or "")
    try:
        key = path.get("key") or ""
        if not ports.keys.accept(key) or keep is None:
            return _reply(HTTPStatus.NOT_FOUND, "there is nothing at this address")
        if event.get("httpMethod") != "POST":
            return _reply(HTTPStatus.METHOD_NOT_ALLOWED, "this address takes POST", {"Allow": "POST"})
        body = _body(event)
        if len(body) > LARGEST:
            return _unreadable(path, HTTPStatus.CONTENT_TOO_LARGE, f"the body is larger than {LARGEST} octets")
        keep(body, ports, key)
    except UnreadableReportError as error:
        return _unreadable(path, HTTPStatus.BAD_REQUEST, str(error))
    except (StoreUnavailableError, KeysUnavailableError, BusUnavailableError) as error:
        logger.error("callback not stored", extra={"kind": path.get("kind"), "detail": str(error)})
        return _reply(HTTPStatus.SERVICE_UNAVAILABLE, "not stored; post it again")
    return _reply(HTTPStatus.OK)


def keep_report(body: bytes, ports: Ports, _key: str) -> None:
    """Store a delivery report: on its submission, or as an unmatched report until that is known."""
    report, now = read_report(body), ports.now()
    found = ports.deliveries.find(report.submission_id)
    mine = [key for key in found if key[1] == report.recipient or ports.hashes.hides(key[1], report.recipient)]
    raised = [ports.deliveries.record(key, report.submission_id, report.update, now) for key in mine]
    told = {
        "submissionId": report.submission_id,
        "recipient": mask(report.recipient),
        "delivery": report.update.delivery,
        "requestId": mine[0][0] if mine else None,
        "raised": any(raised),
    }
    if found and not mine:
        logger.warning("report names another number than its submission", extra=told)
    if not mine:
        ports.unmatched_reports.keep(report, now)
    logger.info("delivery report", extra=told)


def keep_inbound(body: bytes, ports: Ports, key: str) -> None:
    """Apply an opt-out or opt-in word, then publish the event of the message; nothing else is stored.

    Raises:
        BusUnavailableError: the bus did not take the event; at the next post, the word changes nothing more.

    """
    inbound = read_inbound(body)
    sender, wish = canonical(inbound.sender), ports.keywords.wish(inbound.text)
    now, text = ports.now(), ports.inbound_text
    if wish is Wish.OPT_OUT:
        ports.opt_outs.add(sender, source=_SOURCE, now=now, scope=ports.opt_out_scope)
    elif wish is Wish.OPT_IN:
        ports.opt_outs.remove(sender)
    told = received.event_of(replace(inbound, sender=sender), at=now, key=key, with_text=text, wish=wish)
    if ports.bus.put([TimedEvent(told, now, received.DETAIL_TYPE)]):
        raise BusUnavailableError("the event bus did not take the message")
    logger.info("inbound message", extra={"sender": mask(sender), "wish": wish})


_KINDS: Mapping[str, Callable[[bytes, Ports, str], None]] = {"reports": keep_report, "inbound": keep_inbound}


def _unreadable(path: Mapping[str, str], status: HTTPStatus, detail: str) -> dict[str, Any]:
    """Refuse a callback that came with the right key, count it, and log why."""
    counters.count(Metric.CALLBACKS_UNREADABLE)
    logger.warning("callback not readable", extra={"kind": path.get("kind"), "detail": detail})
    return _reply(status, detail)


def _body(event: Mapping[str, Any]) -> bytes:
    body = str(event.get("body") or "")
    if not event.get("isBase64Encoded"):
        return body.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise UnreadableReportError("the body is not the Base64 that it is said to be") from None


def _reply(status: HTTPStatus, detail: str = "", headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return a reply in API Gateway's form; an error is a problem document (RFC 9457)."""
    problem = {"type": "about:blank", "title": status.phrase, "status": int(status), "detail": detail}
    media_type = "application/problem+json" if detail else "application/json"
    return {
        "statusCode": int(status),
        "headers": {"Content-Type": media_type, "Cache-Control": "no-store", **(headers or {})},
        "body": json.dumps(problem if detail else {}),
        "isBase64Encoded": False,
    }
