"""Promotional messages go out within the sending hours only: outside them they are held until the next opening."""

import zlib

from realtime_sms.outcomes.decide import Hold
from realtime_sms.requests.hours import Hours
from realtime_sms.requests.prepare import Message
from realtime_sms.vocabulary import MessageType, Reason

_SPREAD = 300.0  # seconds after the opening over which held messages come back


class SendingHours:
    """When a message may go out: a transactional one always, a promotional one within its hours."""

    def __init__(self, hours: Hours) -> None:
        self._hours = hours

    def hold(self, message: Message, now: float) -> Hold | None:
        """Return until when a message waits; None if it may go out now.

        Messages come back at times of their own, by request id and first recipient, but not after their expiry.
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
        """Return True if a message may go out at this epoch second."""
        return message.message_type is not MessageType.PROMOTIONAL or self._hours.is_open(at)

    def latest(self, message: Message, now: float, latest: float) -> float:
        """Return the epoch second after which a message must not go out: `latest`, or when its hours end."""
        if message.message_type is not MessageType.PROMOTIONAL:
            return latest
        return min(latest, self._hours.open_until(now))
