"""The body of *Send SMS*, checked as RealTime does, and the message that a phone gets from it."""

import re
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from http import HTTPStatus
from itertools import islice
from typing import Annotated, Final

from pydantic import AliasPath, BaseModel, ConfigDict, Field, ValidationError

from local.fake_realtime.callbacks import DeliveryStatus, report_body
from local.fake_realtime.settings import Settings
from realtime_sms import decode, split

# The simulator has its own copy of these numbers, so that it does not repeat a mistake of the client.
_CHARSETS: Final = frozenset({0, 1, 6, 8})
_RAW_CHARSETS: Final = frozenset({0, 1})
_HEXADECIMAL: Final = 6
_ONE_UNIT: Final = re.compile(r"[\u0000-\uffff]")
_OUTSIDE_GSM: Final = "\u0101"
_SENDER: Final = re.compile(r"[0-9A-Za-z]{1,11}|[0-9]{1,15}")
# The first is RealTime's own example; the other ids are made up.
_CHILEAN: Final = (
    {"id": "188", "name": "Entel Pcs", "mcc": "730", "mnc": "10"},
    {"id": "189", "name": "Movistar", "mcc": "730", "mnc": "02"},
    {"id": "190", "name": "Claro", "mcc": "730", "mnc": "03"},
    {"id": "191", "name": "WOM", "mcc": "730", "mnc": "09"},
)
_ELSEWHERE: Final = {"id": "999", "name": "Test network", "mcc": "001", "mnc": "01"}


class RefusedError(Exception):
    """RealTime answers with an HTTP error; the reason names a field, never a value."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class Submission(BaseModel):
    """One well-formed call of *Send SMS*; the wire text has the form of its charset."""

    model_config = ConfigDict(strict=True, frozen=True)

    recipients: tuple[Annotated[str, Field(pattern=r"^\+[1-9][0-9]{6,14}$")], ...] = Field(min_length=1, repr=False)
    sender: str
    charset: int = Field(default=0, validation_alias=AliasPath("message", "charset"))
    wire_text: str = Field(min_length=1, repr=False, validation_alias=AliasPath("message", "text"))

    @cached_property
    def text(self) -> str:
        """The text as a phone shows it; ValueError if the wire text has not the form of its charset.

        Under charsets 0 and 1 RealTime sends `?` for a character that the alphabet lacks; the phone shows that too.
        """
        try:
            return decode(self.wire_text, self.charset)
        except ValueError:
            if self.charset not in _RAW_CHARSETS:
                raise
        return "".join(_shown(character, self.charset) for character in self.wire_text)

    @cached_property
    def parts(self) -> list[str]:
        """The text cut into the segments that are billed: under charset 6 as UCS-2, even if GSM would do."""
        # Only the sizes matter: a character outside GSM in place of each one makes `split` count UCS-2.
        billed = _ONE_UNIT.sub(_OUTSIDE_GSM, self.text) if self.charset == _HEXADECIMAL else self.text
        characters = iter(self.text)
        return ["".join(islice(characters, len(segment))) for segment in split(billed)]

    @property
    def segments(self) -> int:
        return len(self.parts)

    def check(self, settings: Settings) -> None:
        """Raise RefusedError if the account may not send this."""
        if len(self.recipients) > settings.max_recipients:
            raise malformed(f"recipients has more than {settings.max_recipients} entries")
        if self.charset not in _CHARSETS:
            raise malformed("message.charset is not 0, 1, 6 or 8")
        if not _SENDER.fullmatch(self.sender):
            raise RefusedError(
                HTTPStatus.NOT_ACCEPTABLE, "sender is neither up to 11 letters and digits nor up to 15 digits"
            )
        if settings.allowed_senders is not None and self.sender not in settings.allowed_senders:
            raise RefusedError(HTTPStatus.NOT_ACCEPTABLE, "sender is not allowed for the account")
        try:
            self.text  # noqa: B018 (decoding it is the check)
        except ValueError:
            raise malformed(f"message.text is not the wire form of charset {self.charset}") from None


def read_submission(body: bytes) -> Submission | RefusedError:
    """Return the call that is in a body, or why there is none."""
    try:
        return Submission.model_validate_json(body)
    except ValidationError as error:
        place = ".".join(map(str, error.errors()[0]["loc"]))
        return malformed(f"{place or 'the body'} is missing or has the wrong form")


def malformed(reason: str) -> RefusedError:
    """Return the refusal of a malformed call."""
    return RefusedError(HTTPStatus.BAD_REQUEST, reason)


def _shown(character: str, charset: int) -> str:
    try:
        return decode(character, charset)
    except ValueError:
        return "?"


def operator_of(recipient: str) -> dict[str, str]:
    """Return RealTime's operator structure for a number in E.164; the same number has always the same operator."""
    return _CHILEAN[int(recipient[1:]) % len(_CHILEAN)] if recipient.startswith("+56") else _ELSEWHERE


@dataclass(frozen=True, slots=True)
class Message:
    """One SMS on one phone; times are epoch seconds."""

    submission_id: str
    recipient: str = field(repr=False)
    submission: Submission
    received_at: float
    delivered_at: float
    delivery: DeliveryStatus
    cost: Decimal

    @property
    def text(self) -> str:
        return self.submission.text

    def report(self) -> bytes:
        return report_body(self.submission_id, self.recipient, self.delivery, self.delivered_at)

    def as_json(self) -> dict[str, object]:
        submission, parts = self.submission, self.submission.parts
        return {
            "submissionId": self.submission_id,
            "recipient": self.recipient,
            "sender": submission.sender,
            "charset": submission.charset,
            "wireText": submission.wire_text,
            "text": submission.text,
            "segments": len(parts),
            "parts": parts,
            "operator": operator_of(self.recipient)["name"],
            "receivedAt": self.received_at,
            "reported": self.delivery.meaning,
        }

    def info(self, now: float) -> dict[str, object]:
        """Return the reply to *Get SMS info*: pending until the delivery time; a time in the future is 0."""
        status = self.delivery if now >= self.delivered_at else DeliveryStatus.PENDING
        registered, settled = int(self.received_at), int(self.delivered_at)
        return {
            "id": self.submission_id,
            "timestamps": {"registered": registered, "sent": registered, "done": settled if status.is_final else 0},
            "info": {
                "status": {"code": str(int(status)), "status": status.word},
                "cost": int(self.cost) if self.cost == int(self.cost) else float(self.cost),
                "operator": operator_of(self.recipient),
            },
        }
