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
    """A character outside GSM 03.38; `position` counts code points of the text as given, from 0."""

    character: str
    codePoint: str
    position: int


@_closed
class Replaced(TypedDict):
    """What is changed in the text: `original` at `position` of the text as given, for which `replacement` is sent."""

    position: int
    original: str
    replacement: str


@_closed
class Encoding(TypedDict):
    """How a text is sent and counted: `units` are septets (gsm7) or UTF-16 code units (ucs2), `segments` are paid for.

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
    """Recipients, so many, who get the same encoding of the text, and the policy that chose it."""

    policy: Policy
    recipients: int


@_closed
class Text(TypedDict):
    """A text as it will be read, and as the network cuts it; `unitsLeft` still fit into the last of the parts."""

    text: str
    parts: list[str]
    unitsLeft: int


@_closed
class PreviewedGroup(Group, Text):
    """The same, with the text."""


@_closed
class Transliterated(Encoding, Text):
    """What the policy `plain` would make of the text."""


@_closed
class Links(TypedDict):
    """Addresses, relative to the host."""

    self: str


@_closed
class Accepted(TypedDict):
    """A request that is kept and will be sent: `recipients` without duplicates, `segments` of all of them together."""

    requestId: str
    recipients: int
    segments: int
    groups: list[Group]
    links: Links


@_closed
class Preview(TypedDict):
    """What sending would mean; nothing was sent or kept."""

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
        """Where one recipient's SMS is.

        `queued`: not taken up yet. `rejected`: never will be, because its id was used with other content. `sending` and
        `waiting` may still change. `submitted`: RealTime took it. `failed` and `expired`: it was not sent. `unknown`:
        nobody knows. `recipient` is E.164, or the entry's place in the request if that was no phone number.

        `delivery` is what RealTime told since: it is only ever raised, in the order `pending`, `expired`,
        `undelivered`, `rejected`, `delivered`; absent until something is known.
        """,
    )
    Found = _outcome(
        "Found",
        "One submission, and the request that it is of.",
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
    """The answer for one recipient: `cancelled`, it will never be sent; `too_late`, it has, or may have, or ended.

    `status` is the outcome's; absent if it was written by a newer version.
    """

    recipient: str
    answer: Answer
    status: NotRequired[Status]


@_closed
class Cancellation(TypedDict):
    """An answer for every recipient that is known of a request, and how many of each there are."""

    requestId: str
    cancelled: int
    tooLate: int
    recipients: list[Cancelled]


@_closed
class OptOut(TypedDict):
    """A number (E.164) that is not written to: since when, by what way it came on the list, and for which messages.

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
    """One thing wrong, at a JSON pointer into the body, or in a header or query parameter."""

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
