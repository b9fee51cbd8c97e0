"""The event that tells subscribers of an inbound SMS."""

import hmac
import json
from typing import Annotated, Any, Final, Literal, NotRequired, TypedDict

from realtime_sms.outcomes.event import VERSION, VERSIONS, Event
from realtime_sms.outcomes.submission import iso
from realtime_sms.provider.reports import Inbound

DETAIL_TYPE: Final = "SMS Received"
_HOUR = len("2027-01-15T08")


def event_of(inbound: Inbound, *, at: float, key: str, with_text: bool, wish: str | None = None) -> Event:
    """Return the event for an inbound message, with `wish` if a word of it asks for something.

    RealTime's inbound messages have no id. The event's id is a hash of sender, addressee, text and hour, so that a
    message that is posted twice within an hour can be told. It has a key, because a short text could be guessed from
    a plain hash.
    """
    content = json.dumps([inbound.sender, inbound.addressee, inbound.text, iso(at)[:_HOUR]])
    event = {
        "version": VERSION,
        "id": hmac.digest(key.encode(), content.encode(), "sha256").hex()[:32],
        "from": inbound.sender,
        "to": inbound.addressee,
        "text": inbound.text if with_text else None,
        "wish": wish,
    }
    return {name: value for name, value in event.items() if value is not None}


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of an event's `detail`."""
    from pydantic import Field, TypeAdapter  # noqa: PLC0415 (only the schema needs it)

    ids = "the same for the same sender, addressee and text within an hour (UTC)"
    wishes = "what the sender asked for by a word of `OptOutWords` or `OptInWords`"
    members = {
        "version": Annotated[Literal["1"], Field(description=VERSIONS)],
        "id": Annotated[str, Field(description=ids)],
        "from": Annotated[str, Field(description="who wrote it, in E.164")],
        "to": NotRequired[Annotated[str, Field(description="to which number it was written, as RealTime tells it")]],
        "text": NotRequired[Annotated[str, Field(description="only if the parameter `InboundText` is true")]],
        "wish": NotRequired[Annotated[Literal["opt_out", "opt_in"], Field(description=wishes)]],
    }
    shape = TypedDict("SmsReceived", members)  # type: ignore[misc]  # `from` is no name of a class's member
    shape.__doc__ = "The `detail` of an event; what is not known is absent."
    return TypeAdapter(shape).json_schema()
