"""Hold promotional messages outside the sending hours until the next opening."""

import zlib

from realtime_sms.outcomes.decide import Hold
from realtime_sms.requests.hours import Hours
from realtime_sms.requests.prepare import Message
from realtime_sms.vocabulary import MessageType, Reason

_SPREAD = 300.0  # seconds after the opening over which held messages come back


class SendingHours:
    """The hours in which promotional messages may be sent; transactional ones may be sent at any time."""

    def __init__(self, hours: Hours) -> None:
        self._hours = hours

    def hold(self, message: Message, now: float) -> Hold | None:
        """Return the hold of a message; None if it may be sent now.

        Holds end spread over some minutes after the opening, by request id and first recipient, but before the message
        expires.
        """
        if self.may_send(message, now):
            return None
        opening = self._hours.next_opening(now)
        room = self._hours.open_until(opening) - opening
        if message.expires_at is not None and message.expires_at > opening:
            room = min(room, message.expires_at - opening)
        name = f"{message.request_id} {message.recipients[0]}".encode()
        share = zlib.crc32(name) / 2**32
        return Hold(Reason.OUTSIDE_HOURS, opening + share * min(_SPREAD, room / 2))

    def may_send(self, message: Message, at: float) -> bool:
        """Return True if a message may be sent at this epoch second."""
        return message.message_type is not MessageType.PROMOTIONAL or self._hours.is_open(at)

    def latest(self, message: Message, now: float, latest: float) -> float:
        """Return the epoch second after which a message must not be sent: `latest`, or the end of its hours."""
        if message.message_type is not MessageType.PROMOTIONAL:
            return latest
        return min(latest, self._hours.open_until(now))
