"""The bounds of one environment and one invocation."""

from dataclasses import dataclass

from realtime_sms.aws.clients import CONNECT_TIMEOUT, INVOKE_TIMEOUT, READ_TIMEOUT
from send.ports import Time

WRITE_SECONDS = 6.0  # of an invocation, kept for recording what the last call brought
# What a new token may take: an invocation that is waited for, and a read of the secret.
RENEWAL_SECONDS = CONNECT_TIMEOUT + INVOKE_TIMEOUT + CONNECT_TIMEOUT + READ_TIMEOUT


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one environment does at once; `call_seconds` is the deadline of a whole call."""

    calls_in_flight: int
    recipients_per_call: int
    call_seconds: float

    def time_left(self, time: Time, wait: float = 0) -> bool:
        """Say whether a call may still be started in this invocation, now or so many seconds from now."""
        return time.remaining() > self.call_seconds + WRITE_SECONDS + wait

    def may_renew(self, time: Time) -> bool:
        """Say whether a new token may be waited for: what it keeps waiting can still be recorded as not sent."""
        return time.remaining() > RENEWAL_SECONDS + WRITE_SECONDS
