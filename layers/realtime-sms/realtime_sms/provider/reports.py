"""What RealTime posts or answers about a message: delivery reports, inbound messages, and *Get SMS info*.

Several types are accepted for each field; the results have one strict type. Source: RealTime SMS API v2, *Receive
delivery reports (DLR)*, *Receive SMS (MO)*, *Get SMS info*.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from math import inf

from pydantic_core import from_json

from realtime_sms.provider.calls import CallResult, Reply, read_submission_id
from realtime_sms.vocabulary import Delivery, DeliveryReason

_NUMBER = re.compile(r"\+?([1-9][0-9]{6,14})")
_SHORT_NUMBER = re.compile(r"\+?[0-9]{1,6}")
_COST = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?")
_OPERATOR = re.compile(r"[^\x00-\x1f\x7f]{1,64}")
_ADDRESSEE = re.compile(r"\+?[0-9]{1,15}|[A-Za-z0-9 ]{1,11}")
_OPERATOR_MEMBERS = ("id", "name", "mcc", "mnc")
_LATEST = 253402300799  # epoch seconds; what comes later has no calendar


@dataclass(frozen=True, slots=True)
class DeliveryUpdate:
    """What one report, or one answer to our asking, says of a delivery."""

    delivery: Delivery
    reason: DeliveryReason | None = None

    def supersedes(self, known: "DeliveryUpdate | None") -> bool:
        """Return True if it replaces what is known: a higher state, or the same one with a reason."""
        if known is None or known.delivery in self.delivery.superseded_states:
            return True
        return self.delivery is known.delivery and self.reason is not None and known.reason is None


_BY_CODE = {
    "0": DeliveryUpdate(Delivery.PENDING),  # "no status": RealTime has the message, and no more is known
    "1": DeliveryUpdate(Delivery.DELIVERED),
    "2": DeliveryUpdate(Delivery.REJECTED, DeliveryReason.BAD_NUMBER),
    "3": DeliveryUpdate(Delivery.UNDELIVERED, DeliveryReason.NETWORK),
    "4": DeliveryUpdate(Delivery.PENDING),
    "5": DeliveryUpdate(Delivery.EXPIRED),
}
_BY_WORD = {
    "PENDING": DeliveryUpdate(Delivery.PENDING),
    "SENT": DeliveryUpdate(Delivery.PENDING),
    "DELIVERED": DeliveryUpdate(Delivery.DELIVERED),
    "REJECTED": DeliveryUpdate(Delivery.REJECTED),
    "UNDELIVERED": DeliveryUpdate(Delivery.UNDELIVERED),
    "EXPIRED": DeliveryUpdate(Delivery.EXPIRED),
}


class UnreadableReportError(ValueError):
    """What came in is no report or message as RealTime documents them; the text names the member and quotes nothing."""


@dataclass(frozen=True, slots=True)
class Report:
    """One delivery report: RealTime's id for the submission, the recipient in E.164, and what became of it.

    Its date is not kept: it has no zone.
    """

    submission_id: str
    recipient: str = field(repr=False)
    update: DeliveryUpdate


@dataclass(frozen=True, slots=True)
class Inbound:
    """One message from a phone: who wrote it (E.164), what, and to which of our numbers, as RealTime writes it."""

    sender: str = field(repr=False)
    text: str = field(repr=False)
    addressee: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Info:
    """What *Get SMS info* says; what could not be read is None or empty.

    `registered` (RealTime took it), `sent` (handed to the operator) and `done` (the final state) are in epoch seconds.
    """

    update: DeliveryUpdate | None = None
    registered: float | None = None
    sent: float | None = None
    done: float | None = None
    cost: str | None = None
    operator: Mapping[str, str] = field(default_factory=dict)


def read_report(body: bytes) -> Report:
    """Read a delivery report.

    Raises:
        UnreadableReportError: it is none.

    """
    value = _object(body)
    submission_id, code = _id(value.get("id")), _written(value.get("status"))
    if code not in _BY_CODE:
        raise UnreadableReportError("status: is not one of 0 to 5")
    return Report(submission_id, _number(value.get("phone")), _BY_CODE[code])


def read_inbound(body: bytes) -> Inbound:
    """Read an inbound message: `phone` wrote it, to the number `originator`.

    If `phone` is a short number, the two are the wrong way round: a short number writes no SMS.

    Raises:
        UnreadableReportError: it is none.

    """
    value = _object(body)
    text = _written(value.get("message"))
    if text is None:
        raise UnreadableReportError("message: is no text")
    phone, originator = value.get("phone"), value.get("originator")
    if _SHORT_NUMBER.fullmatch(_written(phone) or "") and _NUMBER.fullmatch(_written(originator) or ""):
        phone, originator = originator, phone
    addressee = _written(originator) or ""
    return Inbound(_number(phone), text, addressee if _ADDRESSEE.fullmatch(addressee) else None)


def read_info(exchange: CallResult) -> Info | None:
    """Read the reply to *Get SMS info*; None where it is none, or not readable."""
    if not isinstance(exchange, Reply) or exchange.status != HTTPStatus.OK:
        return None
    try:
        value = _object(exchange.body)
    except UnreadableReportError:
        return None
    info, timestamps = _member(value, "info"), _member(value, "timestamps")
    word, cost = _written(_member(info, "status").get("status")), _written(info.get("cost"))
    return Info(
        update=_BY_WORD.get(word or ""),
        registered=_epoch(timestamps.get("registered")),
        sent=_epoch(timestamps.get("sent")),
        done=_epoch(timestamps.get("done")),
        cost=cost if cost and _COST.fullmatch(cost) else None,
        operator=_operator(_member(info, "operator")),
    )


def _object(body: bytes) -> dict[str, object]:
    try:
        value = from_json(body, allow_inf_nan=False)
    except ValueError:
        raise UnreadableReportError("the body is not JSON") from None
    if not isinstance(value, dict):
        raise UnreadableReportError("the body is no JSON object")
    return value


def _member(value: dict[str, object], name: str) -> dict[str, object]:
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def _written(value: object) -> str | None:
    """Return a text or number as text: RealTime's own pages differ in which is which."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or value in {inf, -inf}:  # 1e400 is read as inf
        return None
    return str(value)


def _id(value: object) -> str:
    found = read_submission_id(value)
    if found is None:
        raise UnreadableReportError("id: is no submission id")
    return found


def _number(value: object) -> str:
    found = _NUMBER.fullmatch(_written(value) or "")
    if found is None:
        raise UnreadableReportError("phone: is not the digits of an E.164 number")
    return f"+{found[1]}"


def _epoch(value: object) -> float | None:
    try:
        seconds = float(_written(value) or 0)
    except ValueError:
        return None
    return seconds if 0 < seconds <= _LATEST else None


def _operator(value: dict[str, object]) -> dict[str, str]:
    written = {name: _written(value.get(name)) for name in _OPERATOR_MEMBERS}
    return {name: one for name, one in written.items() if one is not None and _OPERATOR.fullmatch(one)}
