"""When a call may begin: in time, before its request expires, and at its turn where there is a rate limit."""

from dataclasses import dataclass

from send.limits import Limits
from send.ports import RateLimit, Time, Unit

_LATE = 0.05  # seconds after its turn at which a call may still begin, and by which a second's calls may be too many


@dataclass(frozen=True, slots=True)
class Turns:
    """Lets the calls of one invocation begin."""

    limits: Limits
    time: Time
    pace: RateLimit | None = None

    def may_start(self, unit: Unit) -> bool:
        """Wait for the unit's turn, or for another where that was missed; False if the call may not be started."""
        turn = unit.turn
        while self._in_time(unit):
            if self.pace is None:
                return True
            now = self.time.now()
            if turn is None or now > turn + _LATE:
                turn = self._another(unit, self.pace)
            elif now < turn:
                self.time.sleep(turn - now)
            else:
                return True
        return False

    def _in_time(self, unit: Unit) -> bool:
        expires_at = unit.drafts[0].expires_at
        return self.limits.time_left(self.time) and (expires_at is None or self.time.now() < expires_at)

    def _another(self, unit: Unit, pace: RateLimit) -> float | None:
        """Reserve a turn for each message of the unit, and give the last of them."""
        missing, turn = len(unit.drafts), None
        while missing and self._in_time(unit):
            granted = pace.take(missing)
            missing -= len(granted.turns)
            turn = max(granted.turns, default=turn)
            if not granted.turns:
                self.time.sleep(max(0, granted.ask_again - self.time.now()))
        return turn
