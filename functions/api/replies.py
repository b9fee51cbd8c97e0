"""What the API's replies hold: the types of their JSON, from which its description is made."""

from typing import TYPE_CHECKING, Annotated, Any, Literal, NotRequired, TypedDict, get_origin

from pydantic import Field, with_config

from realtime_sms.aws.cancel import Answer
from realtime_sms.encoding.charset import CHARSETS
from realtime_sms.outcomes.json_form import schema_fields
from realtime_sms.requests.model import Policy
from realtime_sms.vocabulary import OptOutScope, Reason, Status

type Time = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
type Charset = Annotated[int, Field(json_schema_extra={"enum": list(CHARSETS)})]
type State = Status | Literal["queued", "rejected"]

_closed = with_config({"extra": "forbid"})  # so that a test notices a member that is not described


@_closed
class Forcing(TypedDict):
    """A character outside GSM 03.38; `position` counts code points of the given text, from 0."""

    character: str
    codePoint: str
    position: int


@_closed
class Replaced(TypedDict):
    """A change of the text: instead of `original` at `position` of the given text, `replacement` is sent."""

    position: int
    original: str
    replacement: str


@_closed
class Encoding(TypedDict):
    """How a text is sent: `units` are septets (gsm7) or UTF-16 code units (ucs2); RealTime charges for `segments`.

    `forcedBy` and `replaced` list the first thousand; `forcedByTotal` and `replacedTotal` count all.
    """

    charset: Charset
    alphabet: Literal["gsm7", "ucs2"]
    units: int
    segments: int
    forcedBy: list[Forcing]
    forcedByTotal: int
    replaced: list[Replaced]
    replacedTotal: int


@_closed
class Group(Encoding):
    """The number of recipients that get the same encoding of the text, and the policy that chose it."""

    policy: Policy
    recipients: int


@_closed
class Text(TypedDict):
    """A text as the phone shows it, and as the network cuts it; `unitsLeft` still fit into the last part."""

    text: str
    parts: list[str]
    unitsLeft: int


@_closed
class PreviewedGroup(Group, Text):
    """The same, with the text."""


@_closed
class Transliterated(Encoding, Text):
    """The text as the policy `plain` would send it."""


@_closed
class Links(TypedDict):
    """Addresses, relative to the host."""

    self: str


@_closed
class Accepted(TypedDict):
    """An accepted request: `recipients` without duplicates, and `segments` of all of them together."""

    requestId: str
    recipients: int
    segments: int
    groups: list[Group]
    links: Links


@_closed
class Preview(TypedDict):
    """How a request would be sent; nothing was sent or stored."""

    recipients: int
    segments: int
    groups: list[PreviewedGroup]
    plain: Transliterated


def _outcome(name: str, words: str, **more: Any) -> Any:  # noqa: ANN401 (types, and a type)
    """Make the type of an outcome from its one model."""
    known = {
        member: kind if get_origin(kind) is NotRequired else NotRequired[kind]
        for member, kind in schema_fields().items()
    }
    shape = TypedDict(name, {**more, "recipient": str, "status": State, "final": bool, **known})  # type: ignore[misc]  # its members follow from the model
    shape.__doc__ = words
    return _closed(shape)


if TYPE_CHECKING:
    type Outcome = dict[str, Any]
    type Found = dict[str, Any]
else:
    Outcome = _outcome(
        "Outcome",
        """The outcome of one recipient.

        `queued`: not received from the queue yet. `rejected`: never sent, because its id was used with other content.
        `sending` and `waiting` are not final. `submitted`: RealTime accepted it. `failed`, `expired` and `cancelled`:
        not sent. `unknown`: RealTime may or may not have accepted it. `recipient` is E.164, or the place of the entry
        in the request if the entry is not a phone number.

        `delivery` comes from RealTime's delivery reports. It only moves forward in the order `pending`, `expired`,
        `undelivered`, `rejected`, `delivered`; it is absent until something is known.
        """,
    )
    Found = _outcome(
        "Found",
        "One submission, with the id of its request.",
        requestId=str,
        metadata=NotRequired[dict[str, str]],
    )


@_closed
class Rejected(TypedDict):
    """Why a message under this request id was rejected."""

    reason: str
    detail: str
    createdAt: Time


@_closed
class Outcomes(TypedDict):
    """A page of a request's recipients; `nextCursor` is there when there are more."""

    requestId: str
    createdAt: NotRequired[Time]
    metadata: NotRequired[dict[str, str]]
    rejected: NotRequired[Rejected]
    recipients: list[Outcome]
    nextCursor: NotRequired[str]


@_closed
class Cancelled(TypedDict):
    """The answer for one recipient. `cancelled`: never sent. `too_late`: sent, maybe sent, or ended in another way.

    `status` is the outcome's; absent if it was written by a newer version.
    """

    recipient: str
    answer: Answer
    status: NotRequired[Status]


@_closed
class Cancellation(TypedDict):
    """An answer for every known recipient of a request, and how many there are of each."""

    requestId: str
    cancelled: int
    tooLate: int
    recipients: list[Cancelled]


@_closed
class OptOut(TypedDict):
    """A number (E.164) that gets no SMS: since when, who put it on the list, and which messages it stops.

    In a page of the list, a number that was forgotten is `forgotten:` and a hash.
    """

    number: str
    source: str
    createdAt: Time
    scope: OptOutScope


@_closed
class OptOuts(TypedDict):
    """A page of the opt-out list; `nextCursor` is there when there are more."""

    optOuts: list[OptOut]
    nextCursor: NotRequired[str]


@_closed
class Error(TypedDict):
    """One error, at a JSON pointer into the body, or in a header or query parameter."""

    detail: str
    pointer: NotRequired[str]
    parameter: NotRequired[str]
    reason: NotRequired[Reason]


class Problem(TypedDict):
    """A problem document (RFC 9457); those that API Gateway makes by itself have no `status`."""

    type: str
    title: str
    status: NotRequired[int]
    detail: str
    errors: NotRequired[list[Error]]


DESCRIBED: tuple[Any, ...] = (Accepted, Preview, Outcomes, Found, Cancellation, OptOut, OptOuts, Problem)
