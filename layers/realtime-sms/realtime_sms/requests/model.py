"""The send request: RealTime's own body, and the fields that we add; its limits and its errors.

Any JSON value is allowed in `recipients`: an entry that is not a number is refused by itself (see `recipients`).

Source: RealTime SMS API v2, *Send SMS*, for `recipients`, `sender` and `message`; the other fields are ours and
optional.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

from realtime_sms.encoding.charset import CHARSETS
from realtime_sms.requests.errors import InvalidInputError, Problem, place
from realtime_sms.requests.written_number import MAX_LENGTH
from realtime_sms.vocabulary import MessageType

MAX_RECIPIENTS = 1000
MAX_SEGMENTS = 255  # 3GPP TS 23.040 §9.2.3.24.1: the concatenation header counts parts in one octet
MAX_TEXT = MAX_SEGMENTS * 153  # characters
MAX_WIRE_TEXT = MAX_TEXT * 6  # the longest wire form is charset 8's: three a septet, six an escape pair
REQUEST_ID = r"^[A-Za-z0-9][A-Za-z0-9._:@+=~-]{0,127}$"
CAMPAIGN = r"^[A-Za-z0-9][A-Za-z0-9._:@+=~-]{0,63}$"
HASH_VERSION = "2:"
SENDER = r"^([A-Za-z0-9]{1,11}|[0-9]{1,15})$"
METADATA_KEY = r"^[A-Za-z0-9._-]{1,64}$"
METADATA_VALUE = r"^[^\x00-\x1f\x7f]*$"

type Policy = Literal["auto", "plain", "exact"]
type Hides = Callable[[str, str], bool]  # given what is stored, and what it may stand for
type OnUnknown = Literal["keep", "resend"]

_NO_TIME = "must be an RFC 3339 time with a zone, such as 2026-01-31T12:00:00Z"
_SAID = {  # by pydantic's type of error, or by the pattern that was not met; pydantic's own words are never passed on
    "bool_type": "must be true or false",
    "datetime_from_date_parsing": _NO_TIME,
    "datetime_parsing": _NO_TIME,
    "dict_type": "must be a JSON object",
    "extra_forbidden": "is not a field of a request; remove it",
    "greater_than_equal": "must be at least {ge}",
    "int_type": "must be a whole number",
    "less_than_equal": "must be at most {le}",
    "list_type": "must be a list",
    "enum": "must be {expected}",
    "literal_error": "must be {expected}",
    "missing": "is missing",
    "model_type": "must be a JSON object",
    "string_too_long": "must have at most {max_length} characters",
    "string_too_short": "must not be empty",
    "string_type": "must be a string",
    "string_unicode": "has half of a surrogate pair",
    "timezone_aware": _NO_TIME,
    "too_long": "must have at most {max_length} entries",
    "too_short": "must have at least one entry",
    SENDER: "must be up to 11 letters and digits (no accents, no spaces), or up to 15 digits",
    REQUEST_ID: "must be 1 to 128 letters, digits or . _ : @ + = ~ - and begin with a letter or digit",
    CAMPAIGN: "must be 1 to 64 letters, digits or . _ : @ + = ~ - and begin with a letter or digit",
    METADATA_KEY: "must be 1 to 64 letters, digits or . _ -",
    METADATA_VALUE: "must have no control characters",
}


_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ]")  # pydantic alone would read a number as seconds since 1970
_YEARS = range(1971, 9999)  # of which every instant is a time that the table can hold, whatever its zone


def _only_time(value: object) -> object:
    if not (isinstance(value, str) and _TIME.match(value)):
        raise ValueError(_NO_TIME)
    return value


def _within_years(value: datetime) -> datetime:
    if value.year not in _YEARS:
        raise ValueError(f"must be a time in the years {_YEARS[0]} to {_YEARS[-1]}")
    return value


def _known_charset(value: int) -> int:
    if value not in CHARSETS:
        raise ValueError("must be 0, 1, 6 or 8")
    return value


RequestId = Annotated[StrictStr, StringConstraints(pattern=REQUEST_ID)]
Campaign = Annotated[StrictStr, StringConstraints(pattern=CAMPAIGN)]
FutureTime = Annotated[
    AwareDatetime, BeforeValidator(_only_time, json_schema_input_type=str), AfterValidator(_within_years)
]
MetadataKey = Annotated[StrictStr, StringConstraints(pattern=METADATA_KEY)]
MetadataValue = Annotated[StrictStr, StringConstraints(max_length=256, pattern=METADATA_VALUE)]


class _Body(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", frozen=True, hide_input_in_errors=True, validate_by_name=False
    )


class Message(_Body):
    """What is to be read on the handset."""

    charset: (
        Annotated[StrictInt, AfterValidator(_known_charset), Field(json_schema_extra={"enum": list(CHARSETS)})] | None
    ) = Field(default=None, description="0 or absent: chosen for you; 1, 6 or 8: used as given")
    text: Annotated[StrictStr, StringConstraints(min_length=1, max_length=MAX_WIRE_TEXT)] = Field(
        repr=False, description="the text, or its wire form if `encoded` is true"
    )
    encoded: StrictBool = Field(
        default=False, description="the text is already in the wire form of `charset`; it is checked by decoding"
    )

    @model_validator(mode="after")
    def _text_is_bounded(self) -> Self:
        if not self.encoded and len(self.text) > MAX_TEXT:
            raise ValueError(f"text must be at most {MAX_TEXT} characters, which is {MAX_SEGMENTS} segments")
        return self


class SendRequest(_Body):
    """A request to send one text to one or more recipients."""

    recipients: Annotated[
        list[Annotated[object, WithJsonSchema({"type": "string", "minLength": 1, "maxLength": MAX_LENGTH})]],
        Field(
            min_length=1,
            max_length=MAX_RECIPIENTS,
            repr=False,
            description="E.164 numbers, or national ones of the deployment's region",
        ),
    ]
    message: Message
    sender: Annotated[StrictStr, StringConstraints(pattern=SENDER)] | None = Field(
        default=None, description="up to 11 letters and digits, or up to 15 digits; absent: the deployment's default"
    )
    request_id: RequestId | None = Field(
        default=None,
        description="id of the request: the same id is never sent twice; absent: the id of the queue message",
    )
    encoding: Policy | None = Field(
        default=None, description="auto, plain (transliterate to GSM) or exact; absent: by the recipient's country"
    )
    max_segments: Annotated[StrictInt, Field(ge=1, le=MAX_SEGMENTS)] | None = Field(
        default=None, description="a text that needs more segments is not sent"
    )
    expires_at: FutureTime | None = Field(
        default=None, description="no call is made after this time (RFC 3339, with a zone)"
    )
    send_at: FutureTime | None = Field(
        default=None, description="no call is made before this time (RFC 3339, with a zone); at most a year ahead"
    )
    message_type: MessageType = Field(
        default=MessageType.TRANSACTIONAL,
        description="promotional: waits for sending hours, and never holds up transactional messages",
    )
    campaign: Campaign | None = Field(default=None, description="id of the campaign; kept with each outcome")
    on_unknown: OnUnknown = Field(
        default="keep", description="resend: if the outcome is unknown, send again; the recipient may get it twice"
    )
    metadata: Annotated[dict[MetadataKey, MetadataValue], Field(max_length=16)] = Field(
        default_factory=dict, description="your own data; kept with each outcome"
    )

    @field_validator("send_at")
    @classmethod
    def _is_sent_before_it_expires(cls, send_at: datetime | None, others: ValidationInfo) -> datetime | None:
        expires_at = others.data.get("expires_at")
        if send_at is not None and expires_at is not None and send_at >= expires_at:
            raise ValueError("must be before expiresAt")
        return send_at


def parse_request(value: object) -> SendRequest:
    """Read a decoded JSON value as a request.

    Raises:
        InvalidInputError: it is none; every problem is named with its place, and no text or number is quoted.

    """
    try:
        return SendRequest.model_validate(value)
    except ValidationError as error:
        raise InvalidInputError(map(_problem, error.errors(include_input=False, include_url=False))) from None


def content_hash(request: SendRequest, numbers: tuple[str, ...]) -> str:
    """Hash what would be sent to whom: a version, and 128 bits of SHA-256 in hexadecimal.

    Times, metadata, message type and campaign are left out: a producer who repeats a request an hour later may well
    give new ones. The sender is taken as written, so that another default sender makes no conflicts of what waits; see
    `Content`.
    """
    message = request.message
    content = [
        sorted(numbers),
        request.sender,
        message.charset or None,
        message.text,
        message.encoded,
        request.encoding,
    ]
    return f"{HASH_VERSION}{hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32]}"


@dataclass(frozen=True, slots=True)
class Content:
    """What would be sent to whom (E.164), where a request without a sender gets `default_sender`."""

    request: SendRequest = field(repr=False)
    numbers: tuple[str, ...] = field(repr=False)
    default_sender: str

    def has_hash(self, stored: str, hides: Hides | None = None) -> bool:
        """Return True if `stored` is a hash of this content, or the keyed hash of one after a number was forgotten."""
        hashes = self._hashes()
        return stored in hashes or (hides is not None and any(hides(stored, one) for one in hashes))

    def _hashes(self) -> set[str]:
        """Return the hashes of this content, with its default sender named or left out.

        Those from before there were versions also tell an absent charset from 0.
        """
        sender, charset = self.request.sender, self.request.message.charset
        senders = {None, self.default_sender} if sender in {None, self.default_sender} else {sender}
        spelled = [self.request.model_copy(update={"sender": one}) for one in senders]
        charsets = {None, 0} if charset in {None, 0} else {charset}
        old = {_unversioned_hash(one, charset, self.numbers) for one in spelled for charset in charsets}
        return old | {content_hash(one, self.numbers) for one in spelled}


def _unversioned_hash(request: SendRequest, charset: int | None, numbers: tuple[str, ...]) -> str:
    """Hash content as before there were versions; not needed once all such items are past their TTL."""
    message = request.message
    content = [sorted(numbers), request.sender, charset, message.text, message.encoded, request.encoding]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32]


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a request, as the page for producers shows it."""
    return SendRequest.model_json_schema(by_alias=True)


def _problem(error: ErrorDetails) -> Problem:
    steps = error["loc"]
    if len(steps) == 3 and steps[2] == "[key]":  # noqa: PLR2004 (metadata, its key, and pydantic's word for "the key itself")
        steps = steps[:2]
    details = error.get("ctx", {})
    said = _SAID.get(error["type"]) or _SAID.get(details.get("pattern", ""))
    if said is None:
        said = str(details["error"]) if error["type"] == "value_error" else "is not valid"
    return Problem(place_of(steps), said.format_map(details))


def place_of(steps: Iterable[str | int]) -> str:
    """Write a path into a body; only names of fields are quoted."""
    return place(steps, _FIELDS)


_OF_ENVELOPES = "Type MessageId TopicArn Message Subject Token Timestamp Signature detail-type detail source version id"
_FIELDS = frozenset(  # that an error may quote: of a request, and of an envelope that was not recognised as one
    [field.alias or "" for model in (SendRequest, Message) for field in model.model_fields.values()]
    + _OF_ENVELOPES.split()
)
