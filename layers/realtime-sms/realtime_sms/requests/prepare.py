"""Prepare a request: encode its text once for each policy, and make the messages for its recipients."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from realtime_sms.encoding.charset import decode
from realtime_sms.encoding.text import EncodedText, encode
from realtime_sms.requests.envelope import IdentifiedRequest
from realtime_sms.requests.errors import Problem
from realtime_sms.requests.model import MAX_SEGMENTS, Content, Hides, Policy, SendRequest, content_hash
from realtime_sms.requests.recipients import Recipients, parse_recipients
from realtime_sms.vocabulary import MessageType, Reason

FURTHEST = 366 * 86_400  # seconds ahead that `sendAt` may be
TOO_FAR = f"is more than {FURTHEST // 86_400} days ahead"
_LATE = 60  # seconds that a new request's `sendAt` may be past: clocks disagree, and requests take time


@dataclass(frozen=True, slots=True)
class Defaults:
    """A deployment's settings for requests: what it fills in, and where it sends to.

    `region` is ISO 3166 alpha-2. Both prefixes are of E.164 numbers: `plain_prefixes` of those whose policy is `plain`.
    """

    region: str = "CL"
    sender: str = ""
    plain_prefixes: tuple[str, ...] = ("+56",)
    allowed_prefixes: tuple[str, ...] = ("+56",)

    @property
    def anywhere(self) -> "Defaults":
        """Return the same settings with every number allowed, for a number that only stands in for others."""
        return replace(self, allowed_prefixes=("+",))

    def why_not_allowed(self, number: str) -> str | None:
        """Return why nothing is sent to a number (E.164) in this deployment; None if it is sent to."""
        if number.startswith(self.allowed_prefixes):
            return None
        return f"is outside of AllowedPrefixes ({', '.join(self.allowed_prefixes)}), a parameter of the deployment"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why we do not send to a recipient at all."""

    reason: Reason
    problem: Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One text to the recipients (E.164) who get the same encoding of it, or the reason why none of them gets it.

    `content_hash` is that of the whole request; `expires_at` and `send_at` are in epoch seconds. `hides`
    recognises what stands in the place of `content_hash` in the table if one of the recipients was forgotten.
    """

    request_id: str
    recipients: tuple[str, ...] = field(repr=False)
    content_hash: str
    hides: Hides | None = field(default=None, repr=False, compare=False)
    content: Content | None = field(default=None, repr=False)
    policy: Policy = "auto"
    sender: str = ""
    encoded: EncodedText | None = field(default=None, repr=False)
    refusal: Refusal | None = None
    expires_at: float | None = None
    send_at: float | None = None
    message_type: MessageType = MessageType.TRANSACTIONAL
    campaign: str | None = None
    resend: bool = False
    metadata: Mapping[str, str] = field(default_factory=dict)

    def is_expired(self, now: float) -> bool:
        """Return True if no call may be made any more at this epoch second."""
        return self.expires_at is not None and now >= self.expires_at

    def is_same_content(self, stored: str) -> bool:
        """Return True if a stored hash is that of the same content, in any spelling."""
        if stored == self.content_hash:
            return True
        return self.content is not None and self.content.has_hash(stored, self.hides)


@dataclass(frozen=True, slots=True)
class PreparedRequest:
    """A request with a message for each encoding of its text, and one for each recipient that is not sent to."""

    request_id: str
    request: SendRequest = field(repr=False)
    recipients: Recipients
    content_hash: str
    content: Content
    messages: tuple[Message, ...]

    def is_same_content(self, stored: str, hides: Hides | None = None) -> bool:
        """Return True if a stored hash is that of the same content, in any spelling."""
        return stored == self.content_hash or self.content.has_hash(stored, hides)

    @property
    def sendable(self) -> list[tuple[Message, EncodedText]]:
        """Return the messages that can be sent, each with its encoding."""
        return [(one, one.encoded) for one in self.messages if one.encoded is not None]

    @property
    def refusals(self) -> list[Refusal]:
        """Return why the others cannot be sent."""
        return [one.refusal for one in self.messages if one.refusal is not None]


def prepare(identified: IdentifiedRequest, defaults: Defaults) -> PreparedRequest:
    """Make a request ready to be sent under a deployment's defaults."""
    request = identified.request
    recipients = parse_recipients(request.recipients, defaults.region)
    content = Content(request, recipients.numbers, defaults.sender)
    fingerprint = content_hash(request, recipients.numbers)

    message = Message(
        request_id=identified.request_id,
        recipients=(),
        content_hash=fingerprint,
        content=content,
        sender=request.sender or defaults.sender,
        expires_at=request.expires_at.timestamp() if request.expires_at else None,
        send_at=request.send_at.timestamp() if request.send_at else None,
        message_type=request.message_type,
        campaign=request.campaign,
        resend=request.on_unknown == "resend",
        metadata=request.metadata,
    )
    refusals = dict(refused_recipients(recipients, defaults))
    by_policy: dict[Policy, list[str]] = {}
    for number in recipients.numbers:
        if number in refusals:
            continue
        by_policy.setdefault(policy_for(request, number, defaults.plain_prefixes), []).append(number)
    messages = []
    for policy, numbers in by_policy.items():
        encoded = _encode(request, policy, message.sender)
        encoding = {"refusal": encoded} if isinstance(encoded, Refusal) else {"encoded": encoded}
        messages.append(replace(message, recipients=tuple(numbers), policy=policy, **encoding))
    messages += [replace(message, recipients=(one,), refusal=refusal) for one, refusal in refusals.items()]
    return PreparedRequest(identified.request_id, request, recipients, fingerprint, content, tuple(messages))


def is_too_far(send_at: float, now: float) -> bool:
    """Return True if nothing may be scheduled for this epoch second."""
    return send_at > now + FURTHEST


def check_send_at(request: SendRequest, now: float) -> Problem | None:
    """Return what is wrong with the `sendAt` of a request that is new at this epoch second.

    A queue message may be late, so the send function refuses only what is too far.
    """
    if request.send_at is None:
        return None
    at = request.send_at.timestamp()
    if at < now - _LATE:
        return Problem("sendAt", "is past")
    return Problem("sendAt", TOO_FAR) if is_too_far(at, now) else None


def refused_recipients(recipients: Recipients, defaults: Defaults) -> Iterator[tuple[str, Refusal]]:
    """Yield the recipients that are not sent to, whatever the text, each with the reason."""
    for number, place in zip(recipients.numbers, recipients.places, strict=True):
        if why := defaults.why_not_allowed(number):
            yield number, Refusal(Reason.DESTINATION_NOT_ALLOWED, Problem(place, why))
    for refused in recipients.refused:
        yield refused.key, Refusal(Reason.INVALID_RECIPIENT, refused.problem)


def policy_for(request: SendRequest, number: str, plain_prefixes: Sequence[str]) -> Policy:
    """Return how a recipient's text is encoded: as asked; else by country, unless a charset was asked for."""
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


def _encode(request: SendRequest, policy: Policy, sender: str) -> EncodedText | Refusal:
    if not sender:
        return Refusal(Reason.NO_SENDER, Problem("sender", "is missing, and the deployment has no default"))
    try:
        encoded = encode_for(request, policy)
    except ValueError as error:
        return Refusal(Reason.UNENCODABLE, Problem("message.text", str(error)))
    most = request.max_segments or MAX_SEGMENTS
    if encoded.segments > most:
        problem = Problem("message.text", f"needs {encoded.segments} segments; {most} allowed")
        return Refusal(Reason.TOO_MANY_SEGMENTS, problem)
    return encoded
