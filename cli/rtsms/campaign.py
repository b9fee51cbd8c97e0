"""A campaign: one text with placeholders, sent to each row of a sheet, each under an id that follows from the row.

The id is made of the campaign's and of the row's key alone. So who publishes a campaign again publishes the same
requests, and RealTime is called once for each.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b

from realtime_sms.aws.producer import message
from realtime_sms.encoding.text import encode
from realtime_sms.requests.model import MAX_SEGMENTS, MAX_TEXT, SendRequest
from realtime_sms.requests.prepare import Defaults, policy_for
from realtime_sms.requests.recipients import parse_recipients
from rtsms.fault import Exit, Fault
from rtsms.sheet import Row
from rtsms.template import Template
from rtsms.wanted import ready

CAMPAIGN_ID = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
_ID_OCTETS = 12  # of the hash of a row's key: a million rows have two of one hash once in 10^17 campaigns
_SAMPLE = "+56900000000"  # a number to check a request with that has none yet
_NAMES = frozenset(
    [
        "number",
        "numero",
        "número",
        "phone",
        "telefono",
        "teléfono",
        "celular",
        "movil",
        "móvil",
        "fono",
        "recipient",
        "destinatario",
        "msisdn",
        "to",
    ]
)


class BadRowError(ValueError):
    """A row that cannot be sent; the text says what is wrong in which column, and quotes no value."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A row that can be sent: its number as digits without the plus sign, its key, and its segments."""

    number: int = field(repr=False)
    key: str = field(repr=False)
    segments: int


@dataclass(frozen=True)
class Campaign:
    """What is sent to each row; `request` has the members that are the same for all."""

    template: Template
    columns: Sequence[str]
    recipient_column: str
    key_column: str | None
    request: Mapping[str, object]
    defaults: Defaults

    def __post_init__(self) -> None:
        """Refuse what would be wrong with every row.

        Raises:
            Fault: it is that; everything is named.

        """
        self.template.check(self.columns)
        for column in filter(None, (self.recipient_column, self.key_column)):
            if column not in self.columns:
                listed = ", ".join(f"'{name}'" for name in self.columns)
                raise Fault(Exit.USAGE, "the file", f"no column is called '{column}'; there are {listed}")
        _ = self.sample

    @cached_property
    def sample(self) -> SendRequest:
        """Give the request as it would be with a text that can always be sent."""
        message = {**_message(self.request), "text": "text"}
        wanted = {**self.request, "message": message, "recipients": [_SAMPLE]}
        return ready(wanted, "sample", self.defaults).request

    def fit(self, row: Row) -> Fitted:
        """Check a row.

        Raises:
            BadRowError: it cannot be sent.

        """
        values = self._values(row)
        numbers = parse_recipients([values[self.recipient_column]], self.defaults.region)
        if numbers.refused:
            raise BadRowError(f"{self.recipient_column}: {numbers.refused[0].problem.what}")
        (number,) = numbers.numbers
        key = values[self.key_column] if self.key_column else number
        if not key:
            raise BadRowError(f"{self.key_column}: is empty; it names the row")
        if empty := [name for name in self.template.names if not values[name]]:
            raise BadRowError(f"{', '.join(empty)}: is empty, and the text has it")
        return Fitted(int(number[1:]), key, self._segments(self.template.render(values), number))

    def body(self, campaign_id: str, row: Row, number: int) -> str:
        """Write a fitting row as a queue message."""
        values = self._values(row)
        key = values[self.key_column] if self.key_column else f"+{number}"
        text = {**_message(self.request), "text": self.template.render(values)}
        wanted = {**self.request, "recipients": [f"+{number}"], "message": text}
        return message({"requestId": request_id(campaign_id, key), **wanted})

    def _values(self, row: Row) -> dict[str, str]:
        if len(row.fields) != len(self.columns):
            raise BadRowError(f"it has {len(row.fields)} fields; the first line names {len(self.columns)}")
        return {name: value.strip() for name, value in zip(self.columns, row.fields, strict=True)}

    def _segments(self, text: str, number: str) -> int:
        request = self.sample
        if len(text) > MAX_TEXT:
            raise BadRowError(f"text: has {len(text)} characters; {MAX_TEXT} is the most")
        policy = policy_for(request, number, self.defaults.plain_prefixes)
        try:
            segments = encode(text, request.message.charset, policy=policy).segments
        except ValueError as error:
            raise BadRowError(f"text: {error}") from None
        most = request.max_segments or MAX_SEGMENTS
        if not 0 < segments <= most:
            raise BadRowError(f"text: needs {segments} segments; {most} allowed")
        return segments


def request_id(campaign_id: str, key: str) -> str:
    """Name the request of a row."""
    return f"{campaign_id}:{blake2b(key.encode(), digest_size=_ID_OCTETS, key=campaign_id.encode()).hexdigest()}"


def number_column(columns: Sequence[str]) -> str:
    """Find the column of the numbers by its name.

    Raises:
        Fault: none or several are called so.

    """
    found = [column for column in columns if column.casefold() in _NAMES]
    if len(found) != 1:
        listed = ", ".join(f"'{name}'" for name in columns)
        raise Fault(
            Exit.USAGE, "the file", f"which column has the numbers? There are {listed}", to_do="give --to-column"
        )
    return found[0]


def _message(request: Mapping[str, object]) -> dict[str, object]:
    found = request.get("message")
    return dict(found) if isinstance(found, Mapping) else {}
