"""A mail merge: from a row of a file to its send request, under an id that follows from the row.

The id is made of the campaign's id and the row's key alone. A campaign that is published again has the same request
ids, so RealTime is called once for each row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b

import phonenumbers

from realtime_sms.aws.queues import as_body
from realtime_sms.encoding.text import EncodedText, encode
from realtime_sms.outcomes.submission import Submission, cancel_absent
from realtime_sms.requests.model import MAX_SEGMENTS, MAX_TEXT, SendRequest, content_hash
from realtime_sms.requests.prepare import Defaults, policy_for, refused_recipients
from realtime_sms.requests.recipients import parse_recipients
from realtime_sms.vocabulary import MessageType
from rtsms.bulk.columns import label, quote_columns, quote_name
from rtsms.bulk.sheet import Row, Unusable
from rtsms.bulk.template import Template
from rtsms.errors import CommandError, Exit
from rtsms.request import RequestBody, prepare_request

_ID_BYTES = 12  # of the hash of a row's key: in one of 10^17 campaigns of a million rows, two have the same hash
_EXAMPLE_NUMBER = "+56900000000"
_MOBILE = {phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE}


class BadRowError(ValueError):
    """A row that cannot be sent; the text names the column and the problem, and quotes no value."""


@dataclass(frozen=True, slots=True)
class GoodRow:
    """What a row would send: its number without the plus sign, its key, its text."""

    number: int = field(repr=False)
    key: str = field(repr=False)
    encoded: EncodedText = field(repr=False)

    @property
    def segments(self) -> int:
        """Return the number of segments."""
        return self.encoded.segments

    @property
    def is_unusual(self) -> bool:
        """Return True if the number is possible, but no mobile number in the numbering plan that is known here."""
        parsed = phonenumbers.parse(f"+{self.number}")
        return phonenumbers.number_type(parsed) not in _MOBILE


@dataclass(frozen=True)
class MailMerge:
    """What is sent to each row; `request` has the fields that are the same for all rows.

    The message type is not among them: another type does not make another campaign.
    """

    template: Template
    columns: Sequence[str]
    recipient_column: str
    key_column: str | None
    request: RequestBody
    defaults: Defaults
    message_type: MessageType = MessageType.PROMOTIONAL

    def __post_init__(self) -> None:
        """Raise a `CommandError` for what would be wrong with every row."""
        self.template.check(self.columns)
        for column in filter(None, (self.recipient_column, self.key_column)):
            if column not in self.columns:
                what = f"no column is called {quote_name(column)}; the columns are {quote_columns(self.columns)}"
                raise CommandError(Exit.USAGE, "FILE", what)
        _ = self.example

    @cached_property
    def example(self) -> SendRequest:
        """Return the request with a text that can always be sent."""
        body = {**self.request, "message": {**self._message, "text": "text"}, "recipients": [_EXAMPLE_NUMBER]}
        return prepare_request(body, "example", self.defaults.anywhere).request

    @property
    def _message(self) -> Mapping[str, object]:
        found = self.request.get("message")
        return found if isinstance(found, Mapping) else {}

    def check(self, row: Row) -> GoodRow:
        """Check a row; raise a `BadRowError` if it cannot be sent."""
        values = self._values(row)
        recipients = parse_recipients([values[self.recipient_column]], self.defaults.region)
        for _, refusal in refused_recipients(recipients, self.defaults):
            raise BadRowError(f"{self._label(self.recipient_column)}: {refusal.problem.what}")
        (number,) = recipients.numbers
        key = values[self.key_column] if self.key_column else number
        if not key:
            raise BadRowError(f"{self._label(self.key_column or '')}: is empty, but must name the row")
        if empty := [name for name in self.template.names if not values[name]]:
            raise BadRowError(f"{', '.join(map(self._label, empty))}: is empty, but the text needs it")
        return GoodRow(int(number[1:]), key, self._encode(self.template.render(values), number))

    def queue_message(self, campaign_id: str, row: Row, number: int) -> str:
        """Return a good row's request as a queue message."""
        values = self._values(row)
        text = {**self._message, "text": self.template.render(values)}
        body = {**self.request, "recipients": [f"+{number}"], "message": text}
        traffic = {"messageType": self.message_type, "campaign": campaign_id}
        return as_body({"requestId": self._request_id(campaign_id, values, number), **body, **traffic})

    def cancellation(self, campaign_id: str, row: Row, number: int, *, owner: str, now: float) -> Submission:
        """Return the cancelled submission to write for a good row if the table has none."""
        values, request = self._values(row), self.example
        message = request.message.model_copy(update={"text": self.template.render(values)})
        return cancel_absent(
            self._request_id(campaign_id, values, number),
            f"+{number}",
            content_hash(request.model_copy(update={"message": message}), (f"+{number}",)),
            owner=owner,
            now=now,
            due_at=request.send_at.timestamp() if request.send_at else None,
            message_type=self.message_type,
            campaign=campaign_id,
            metadata=request.metadata,
        )

    def _request_id(self, campaign_id: str, values: Mapping[str, str], number: int) -> str:
        return request_id(campaign_id, values[self.key_column] if self.key_column else f"+{number}")

    def _values(self, row: Row) -> dict[str, str]:
        if len(row.fields) != len(self.columns):
            raise BadRowError(f"it has {len(row.fields)} fields, but the first line has {len(self.columns)}")
        values = dict(zip(self.columns, row.fields, strict=True))
        for name in filter(None, (self.recipient_column, self.key_column, *self.template.names)):
            if isinstance(why := values[name], Unusable):
                raise BadRowError(f"{self._label(name)}: {why}")
        return {name: value.strip() for name, value in values.items()}

    def _label(self, column: str) -> str:
        return label(column, self.columns)

    def _encode(self, text: str, number: str) -> EncodedText:
        request = self.example
        if len(text) > MAX_TEXT:
            raise BadRowError(f"text: has {len(text)} characters; {MAX_TEXT} allowed")
        policy = policy_for(request, number, self.defaults.plain_prefixes)
        try:
            encoded = encode(text, request.message.charset, policy=policy)
        except ValueError as error:
            raise BadRowError(f"text: {error}") from None
        most = request.max_segments or MAX_SEGMENTS
        if not 0 < encoded.segments <= most:
            raise BadRowError(f"text: needs {encoded.segments} segments; {most} allowed")
        return encoded


def request_id(campaign_id: str, key: str) -> str:
    """Return the request id of a row; its hash keeps key and number out of sight, but has no secret."""
    return f"{campaign_id}:{blake2b(key.encode(), digest_size=_ID_BYTES, key=campaign_id.encode()).hexdigest()}"
