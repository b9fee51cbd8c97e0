"""From a request to what each recipient is sent: the text encoded once for each policy, one draft a recipient."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from realtime_sms.encoding.charset import decode
from realtime_sms.encoding.text import EncodedText, encode
from realtime_sms.requests.envelope import IdentifiedRequest
from realtime_sms.requests.errors import Problem
from realtime_sms.requests.model import MAX_SEGMENTS, Policy, SendRequest, content_hash
from realtime_sms.requests.recipients import Recipients, parse_recipients
from realtime_sms.vocabulary import Reason


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why we do not send to a recipient at all."""

    reason: Reason
    problem: Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One recipient of one request, ready to be sent, or refused by us; `expires_at` in epoch seconds."""

    request_id: str
    recipient: str = field(repr=False)
    content_hash: str
    sender: str = ""
    encoded: EncodedText | None = field(default=None, repr=False)
    refusal: Refusal | None = None
    expires_at: float | None = None
    resend: bool = False
    metadata: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str]:
        """Give the table's key: request id and recipient."""
        return self.request_id, self.recipient


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a deployment fills in: region (ISO 3166 alpha-2), sender, prefixes of numbers whose policy is `plain`."""

    region: str = "CL"
    sender: str = ""
    plain_prefixes: tuple[str, ...] = ("+56",)


@dataclass(frozen=True)
class PreparedRequest:
    """A request made ready: its recipients, its content's fingerprint, and the encoding or refusal of each policy."""

    opened: IdentifiedRequest
    defaults: Defaults
    recipients: Recipients

    @property
    def request(self) -> SendRequest:
        """Give the request as it came."""
        return self.opened.request

    @cached_property
    def content_hash(self) -> str:
        """Fingerprint what would be sent to whom."""
        return content_hash(self.request, self.recipients.numbers)

    @cached_property
    def groups(self) -> Mapping[Policy, "Group"]:
        """Give the recipients by the policy under which their text is encoded, in the order of the request."""
        numbers: dict[Policy, list[str]] = {}
        for number in self.recipients.numbers:
            numbers.setdefault(policy_for(self.request, number, self.defaults.plain_prefixes), []).append(number)
        return {policy: Group(tuple(some), self._encode(policy)) for policy, some in numbers.items()}

    @property
    def drafts(self) -> list[Draft]:
        """Give one draft for each recipient, the refused ones too."""
        common = Draft(
            request_id=self.opened.request_id,
            recipient="",
            content_hash=self.content_hash,
            sender=self.request.sender or self.defaults.sender,
            expires_at=self.request.expires_at.timestamp() if self.request.expires_at else None,
            resend=self.request.on_unknown == "resend",
            metadata=self.request.metadata,
        )
        drafts = [group.address(common, number) for group in self.groups.values() for number in group.numbers]
        for refused in self.recipients.refused:
            refusal = Refusal(Reason.INVALID_RECIPIENT, refused.problem)
            drafts.append(replace(common, recipient=refused.key, refusal=refusal))
        return drafts

    def _encode(self, policy: Policy) -> EncodedText | Refusal:
        if not (self.request.sender or self.defaults.sender):
            return Refusal(Reason.NO_SENDER, Problem("sender", "is missing, and the deployment has no default"))
        try:
            encoded = encode_for(self.request, policy)
        except ValueError as error:
            return Refusal(Reason.UNENCODABLE, Problem("message.text", str(error)))
        most = self.request.max_segments or MAX_SEGMENTS
        if encoded.segments > most:
            problem = Problem("message.text", f"needs {encoded.segments} segments; {most} allowed")
            return Refusal(Reason.TOO_MANY_SEGMENTS, problem)
        return encoded


@dataclass(frozen=True, slots=True)
class Group:
    """The recipients who get the same encoding of the text, or for the same reason none."""

    numbers: tuple[str, ...] = field(repr=False)
    encoded: EncodedText | Refusal = field(repr=False)

    def address(self, common: Draft, number: str) -> Draft:
        """Make the draft for one of its recipients."""
        if isinstance(self.encoded, Refusal):
            return replace(common, recipient=number, refusal=self.encoded)
        return replace(common, recipient=number, encoded=self.encoded)


def prepare(opened: IdentifiedRequest, defaults: Defaults) -> PreparedRequest:
    """Make a request ready to be sent under a deployment's defaults."""
    return PreparedRequest(opened, defaults, parse_recipients(opened.request.recipients, defaults.region))


def policy_for(request: SendRequest, number: str, plain_prefixes: Sequence[str]) -> Policy:
    """Say how a recipient's text is encoded: as asked; else by country, unless a charset was asked for."""
    if request.encoding is not None:
        return request.encoding
    chosen = request.message.charset not in {None, 0} or request.message.encoded
    return "plain" if not chosen and number.startswith(tuple(plain_prefixes)) else "auto"


def encode_for(request: SendRequest, policy: Policy) -> EncodedText:
    """Encode a request's text, or verify by decoding the wire form that it came in.

    Raises:
        ValueError: it cannot be carried as asked; the characters at fault are named with their places.

    """
    message = request.message
    if not message.encoded:
        return encode(message.text, message.charset, policy=policy)
    return encode(decode(message.text, message.charset), message.charset)
