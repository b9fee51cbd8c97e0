"""The event that tells subscribers of a change of an outcome: when there is one, and what it says.

It says what the item of the outcomes table says, under the same names, without what only senders need. New fields may
be added to it; a change that a reader could stumble over is a new version.
"""

import hashlib
import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, NotRequired, TypedDict

from pydantic import Field, TypeAdapter, ValidationError, with_config

from realtime_sms.encoding.charset import CHARSETS
from realtime_sms.vocabulary import FINAL, Delivery, DeliveryReason, Reason, Status

SOURCE: Final = "realtime-sms"
DETAIL_TYPE: Final = "SMS Outcome Changed"
VERSION: Final = "1"
_SEQUENCE_DIGITS = 40  # DynamoDB's own have 21 to 40

type Image = Mapping[str, Any]
type Time = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
type Charset = Annotated[int, Field(json_schema_extra={"enum": list(CHARSETS)})]
type FinalStatus = Literal[Status.SUBMITTED, Status.FAILED, Status.UNKNOWN, Status.EXPIRED]


class NotAnOutcomeError(ValueError):
    """An item has a final status, but not the shape of an outcome; it names the attributes and quotes nothing."""


class Changed(StrEnum):
    """What of an outcome is another than it was."""

    STATUS = "status"
    DELIVERY = "delivery"


class Operator(TypedDict):
    """The network that carried it, as RealTime names it."""

    id: NotRequired[str]
    name: NotRequired[str]
    mcc: NotRequired[str]
    mnc: NotRequired[str]


@with_config({"extra": "ignore"})
class OutcomeChanged(TypedDict):
    """The `detail` of an event; what is not known is absent."""

    version: Annotated[Literal["1"], Field(description="of this shape")]
    id: Annotated[str, Field(description="the same for the same change, however often it is told")]
    sequence: Annotated[str, Field(description="of two events of one recipient, the later change has the greater text")]
    changed: Annotated[list[Changed], Field(min_length=1, description="what is another than it was")]
    requestId: str
    recipient: Annotated[str, Field(description="E.164, or the place of an entry that is no number")]
    status: FinalStatus
    reason: NotRequired[Reason]
    detail: NotRequired[Annotated[str, Field(description="the reason in words, where there is more to say")]]
    attempt: int
    maybeSent: NotRequired[Annotated[bool, Field(description="an earlier attempt may have reached the phone")]]
    httpStatus: NotRequired[int]
    submissionId: NotRequired[Annotated[str, Field(description="RealTime's name for it")]]
    charset: NotRequired[Charset]
    segments: NotRequired[int]
    delivery: NotRequired[Annotated[Delivery, Field(description="what is known of its way to the phone")]]
    deliveryReason: NotRequired[DeliveryReason]
    deliveryAt: NotRequired[Annotated[Time, Field(description="when that was learnt")]]
    cost: NotRequired[Annotated[str, Field(description="in the account's currency")]]
    operator: NotRequired[Operator]
    createdAt: Time
    updatedAt: Time
    submittedAt: NotRequired[Time]
    metadata: NotRequired[Annotated[dict[str, str], Field(description="the request's own")]]


_SHAPE = TypeAdapter(OutcomeChanged)


def event_of(before: Image | None, after: Image | None, sequence: str) -> OutcomeChanged | None:
    """Give the event for the change of an item of the table from one image to another, or None if it calls for none.

    Raises:
        NotAnOutcomeError: the later image is no outcome.

    """
    changed = _changed(before or {}, after or {})
    if not after or not changed:
        return None
    told = {**after, "version": VERSION, "id": "", "sequence": sequence.zfill(_SEQUENCE_DIGITS), "changed": changed}
    try:
        event = _SHAPE.validate_python(told)
    except ValidationError as error:
        wrong = sorted({str(one["loc"][0]) for one in error.errors(include_input=False, include_url=False)})
        raise NotAnOutcomeError(", ".join(wrong)) from None
    event["id"] = hashlib.sha256(json.dumps(event, sort_keys=True).encode()).hexdigest()[:32]
    return event


def json_schema() -> dict[str, Any]:
    """Give the JSON Schema of an event's `detail`, as the page for subscribers shows it."""
    return _SHAPE.json_schema()


def _changed(before: Image, after: Image) -> list[Changed]:
    """Name what subscribers are told of: a new final status, a new state of the delivery. Notes are no outcomes."""
    if after.get("status") not in FINAL or any(after[key].startswith("#") for key in ("requestId", "recipient")):
        return []
    delivered = [(image.get("delivery"), image.get("deliveryReason")) for image in (before, after)]
    told = {
        Changed.STATUS: before.get("status") != after["status"],
        Changed.DELIVERY: "delivery" in after and delivered[0] != delivered[1],
    }
    return [what for what, is_new in told.items() if is_new]
