"""The JSON of an outcome: what the API and the command show, and the part of it that events have."""

from collections.abc import Iterator
from dataclasses import Field, fields
from types import UnionType
from typing import Annotated, Any, NotRequired, TypedDict, Union, get_args, get_origin

from realtime_sms.encoding.charset import CHARSETS
from realtime_sms.outcomes.submission import Submission, Time, iso

_ALWAYS = {"attempt", "created_at", "updated_at"}


def to_json(submission: Submission, *, event: bool = False) -> dict[str, Any]:
    """Return what users see of an outcome, besides its request's id and metadata; what is unknown is left out."""
    shown: dict[str, Any] = {"recipient": submission.recipient, "status": submission.status}
    for field in shown_fields(event=event):
        value = getattr(submission, field.name)
        if not (value is None or value is False or value == {}):
            shown[camel(field.name)] = iso(value) if kind_of(field) is Time else value
    return shown


def schema_fields(*, event: bool = False) -> dict[str, Any]:
    """Return the types of those members with their descriptions, for a TypedDict from which a JSON Schema is made."""
    from pydantic import Field as Described  # noqa: PLC0415 (only descriptions are made of it)

    typed: dict[str, Any] = {}
    for field in shown_fields(event=event):
        kind = kind_of(field)
        more: dict[str, Any] = {"format": "date-time"} if kind is Time else {}
        if field.name == "charset":
            more = {"enum": list(CHARSETS)}
        written: Any = str if kind is Time else Operator if get_origin(kind) is not None else kind
        described: Any = Annotated[
            written,
            Described(description=field.metadata["words"], json_schema_extra=more or None),
        ]
        always = field.name in _ALWAYS
        typed[camel(field.name)] = described if always else NotRequired[described]
    return typed


def shown_fields(*, event: bool = False) -> Iterator[Field[Any]]:
    """Yield the fields that users see; with `event`, those that events have."""
    return (
        field for field in fields(Submission) if "words" in field.metadata and (field.metadata["event"] or not event)
    )


def camel(name: str) -> str:
    """Return a field's name as it is written in items, events and JSON."""
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)


def kind_of(field: Field[Any]) -> Any:  # noqa: ANN401 (a type)
    """Return a field's type without the None that it may be."""
    optional = get_origin(field.type) in {UnionType, Union}
    return get_args(field.type)[0] if optional else field.type


class Operator(TypedDict):
    """The network that carried a message, as RealTime names it; `mcc` and `mnc` as in ITU-T E.212."""

    id: NotRequired[str]
    name: NotRequired[str]
    mcc: NotRequired[str]
    mnc: NotRequired[str]
