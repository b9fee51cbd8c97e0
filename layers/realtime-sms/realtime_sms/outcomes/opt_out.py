"""An entry of the opt-out list, and the event that tells subscribers of a change of the list."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, TypedDict

from realtime_sms.outcomes.event import IDS, VERSION, VERSIONS, Event, identified, padded
from realtime_sms.outcomes.submission import iso
from realtime_sms.vocabulary import OptOutScope

DETAIL_TYPE: Final = "Opt-Out Changed"


@dataclass(frozen=True, slots=True)
class OptOut:
    """One number (E.164) on the list: since when (epoch seconds), how it came there, and which messages it stops."""

    number: str = field(repr=False)
    source: str
    created_at: float
    scope: OptOutScope = OptOutScope.ALL


class OptOutChange(StrEnum):
    """What happened to an entry of the list."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


def event_of(before: OptOut | None, after: OptOut | None, sequence: str) -> Event | None:
    """Return the event for a change of an entry, or None if nothing that subscribers see changed.

    `sequence` is the stream's number of the change.
    """
    entry = after or before
    if entry is None or before == after:
        return None
    if before is not None and after is not None:
        change = OptOutChange.CHANGED
    else:
        change = OptOutChange.REMOVED if after is None else OptOutChange.ADDED
    event = {"version": VERSION, "sequence": padded(sequence), "change": change}
    return identified(event | to_json(entry))


def to_json(entry: OptOut) -> dict[str, str]:
    """Return an entry as the API, the command and the event show it."""
    return {"number": entry.number, "source": entry.source, "createdAt": iso(entry.created_at), "scope": entry.scope}


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of an event's `detail`."""
    from pydantic import Field, TypeAdapter  # noqa: PLC0415 (only the schema needs it)

    order = "of two events of one number, the later change has the greater text"
    sources = "how the number came on the list: `inbound`, `api`, `operator`, `import` or another way"
    members = {
        "version": Annotated[Literal["1"], Field(description=VERSIONS)],
        "id": Annotated[str, Field(description=IDS)],
        "sequence": Annotated[str, Field(description=order)],
        "change": Annotated[OptOutChange, Field(description="what happened to the entry")],
        "number": Annotated[str, Field(description="E.164")],
        "source": Annotated[str, Field(description=sources)],
        "createdAt": Annotated[str, Field(description="when the number was put on the list")],
        "scope": Annotated[OptOutScope, Field(description="which messages it stops")],
    }
    shape = TypedDict("OptOutChanged", members)  # type: ignore[misc]  # as the other events
    shape.__doc__ = "The `detail` of an event; a removed entry is shown as it was."
    return TypeAdapter(shape).json_schema()
