"""The words that everything uses: statuses, reasons and delivery states. Outcomes, events and metrics show them."""

from enum import StrEnum


class MessageType(StrEnum):
    """What a message is for; a code or an alert is transactional, a campaign is promotional."""

    TRANSACTIONAL = "transactional"
    PROMOTIONAL = "promotional"


class OptOutScope(StrEnum):
    """Which messages an opt-out stops."""

    ALL = "all"
    PROMOTIONAL = "promotional"

    def stops(self, message_type: MessageType) -> bool:
        """Return True if no message of this type may be sent."""
        return self is OptOutScope.ALL or message_type is MessageType.PROMOTIONAL


class Status(StrEnum):
    """The status of a submission; `absent` is not a status: there is no item."""

    SENDING = "sending"
    WAITING = "waiting"
    SUBMITTED = "submitted"
    FAILED = "failed"
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


FINAL = frozenset({Status.SUBMITTED, Status.FAILED, Status.UNKNOWN, Status.EXPIRED, Status.CANCELLED})


class Reason(StrEnum):
    """Why a submission has its status: the closed list that outcomes, metrics and events use."""

    ACCEPTED = "accepted"
    # refused by us, before any call
    INVALID_RECIPIENT = "invalid_recipient"
    DESTINATION_NOT_ALLOWED = "destination_not_allowed"
    INVALID_REQUEST = "invalid_request"
    UNREADABLE = "unreadable"
    UNENCODABLE = "unencodable"
    TOO_MANY_SEGMENTS = "too_many_segments"
    NO_SENDER = "no_sender"
    CONFLICT = "conflict"
    EXPIRED = "expired"
    OPTED_OUT = "opted_out"
    RECIPIENT_CAP = "recipient_cap"
    CANCELLED = "cancelled"
    DEAD_LETTERED = "dead_lettered"
    # held by us until later, before any call
    SCHEDULED = "scheduled"
    OUTSIDE_HOURS = "outside_hours"
    DAILY_CAP = "daily_cap"
    # refused by RealTime
    NO_BALANCE = "no_balance"
    PROVIDER_ERROR = "provider_error"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    MALFORMED = "malformed"
    WRONG_ADDRESS = "wrong_address"
    SENDER_REFUSED = "sender_refused"
    THROTTLED = "throttled"
    UNAVAILABLE = "unavailable"
    # never sent
    NOT_CONNECTED = "not_connected"
    NOT_STARTED = "not_started"
    # nobody knows
    NO_WHOLE_REPLY = "no_whole_reply"
    UNREADABLE_REPLY = "unreadable_reply"
    RESULT_COUNT = "result_count"
    UNKNOWN_STATUS = "unknown_status"
    AMBIGUOUS_HTTP_STATUS = "ambiguous_http_status"
    LEASE_OVER = "lease_over"


class Delivery(StrEnum):
    """The delivery state of a message that RealTime took, lowest first: a later one supersedes an earlier one.

    That a phone has it outweighs all else. A refusal for good outweighs a failure, and that the end of waiting.
    """

    PENDING = "pending"
    EXPIRED = "expired"
    UNDELIVERED = "undelivered"
    REJECTED = "rejected"
    DELIVERED = "delivered"

    @property
    def settled(self) -> bool:
        """Return True if no further report is expected."""
        return self is not Delivery.PENDING

    @property
    def superseded_states(self) -> "tuple[Delivery, ...]":
        """Return the states that this one supersedes."""
        return _ORDER[: _ORDER.index(self)]


_ORDER = tuple(Delivery)


class DeliveryReason(StrEnum):
    """Why a message was not delivered, if a report says so; each belongs to one state."""

    BAD_NUMBER = "bad_number"
    NETWORK = "network"
