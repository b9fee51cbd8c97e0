"""The event about a change of an outcome: whether there is one, and its content.

It has the attributes of the outcome's item, under the same names, without those that only senders need. New members may
be added; a change that could break a reader is a new version.
"""

import hashlib
import json
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, NotRequired, TypedDict

from realtime_sms.outcomes.json_form import schema_fields, to_json
from realtime_sms.outcomes.submission import Submission
from realtime_sms.vocabulary import FINAL, Status

SOURCE: Final = "realtime-sms"
DETAIL_TYPE: Final = "SMS Outcome Changed"
VERSION: Final = "1"
_SEQUENCE_DIGITS = 40  # DynamoDB's own have 21 to 40
IDS: Final = "the same for the same change, however often it is told"
VERSIONS: Final = "of this shape"

type Event = dict[str, Any]  # the `detail`
type FinalStatus = Literal[Status.SUBMITTED, Status.FAILED, Status.UNKNOWN, Status.EXPIRED, Status.CANCELLED]


class Changed(StrEnum):
    """What of an outcome changed."""

    STATUS = "status"
    DELIVERY = "delivery"
    COST = "cost"


def event_of(before: Submission | None, after: Submission, sequence: str) -> Event | None:
    """Return the event for a change of a submission, or None if subscribers need none.

    `sequence` is the stream's number of the change.
    """
    changed = _changed(before, after)
    if not changed:
        return None
    event: Event = {
        "version": VERSION,
        "id": "",
        "sequence": padded(sequence),
        "changed": changed,
        "requestId": after.request_id,
        **to_json(after, event=True),
    }
    if after.metadata:
        event["metadata"] = dict(after.metadata)
    return identified(event)


def padded(sequence: str) -> str:
    """Return a number of the stream in one width, so that texts sort as numbers do."""
    return sequence.zfill(_SEQUENCE_DIGITS)


def identified(event: Event) -> Event:
    """Return the event with an `id` made of all that it says."""
    content = json.dumps(event | {"id": ""}, sort_keys=True).encode()
    return event | {"id": hashlib.sha256(content).hexdigest()[:32]}


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of an event's `detail`."""
    from pydantic import Field, TypeAdapter  # noqa: PLC0415 (only the schema needs it)

    order = "of two events of one recipient, the later change has the greater text"
    members = {
        "version": Annotated[Literal["1"], Field(description=VERSIONS)],
        "id": Annotated[str, Field(description=IDS)],
        "sequence": Annotated[str, Field(description=order)],
        "changed": Annotated[list[Changed], Field(min_length=1, description="what of the outcome changed")],
        "requestId": str,
        "recipient": Annotated[str, Field(description="E.164, or the place of an entry that is no number")],
        "status": FinalStatus,
        **schema_fields(event=True),
        "metadata": NotRequired[Annotated[dict[str, str], Field(description="the request's own")]],
    }
    shape = TypedDict("OutcomeChanged", members)  # type: ignore[misc]  # its members follow from the model
    shape.__doc__ = "The `detail` of an event; what is not known is absent."
    return TypeAdapter(shape).json_schema()


def _changed(before: Submission | None, after: Submission) -> list[Changed]:
    """Return what changed that subscribers are told of: the status, if it is final, the delivery, or the cost.

    The cost and the times that come with it are told once, when RealTime was asked after the final delivery.
    """
    if after.status not in FINAL:
        return []
    delivered = [(one.delivery, one.delivery_reason) if one else (None, None) for one in (before, after)]
    told = {
        Changed.STATUS: before is None or before.status is not after.status,
        Changed.DELIVERY: after.delivery is not None and delivered[0] != delivered[1],
        Changed.COST: before is not None and before.delivery is after.delivery and _priced(before) != _priced(after),
    }
    return [what for what, is_new in told.items() if is_new]


def _priced(one: Submission) -> tuple[object, ...]:
    settled = one.delivery is not None and one.delivery.settled
    return (one.cost, one.done_at, one.handed_over_at) if settled else ()
