"""The customer's account at the vendor: tokens and balance."""

import secrets
from collections.abc import Callable
from decimal import Decimal
from math import inf

from local.fake_realtime.settings import Settings


class Account:
    """Tokens with their ends, and the units that are left; one thread at a time.

    `clock` gives seconds since the epoch.
    """

    def __init__(self, settings: Settings, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._ends = dict.fromkeys(settings.tokens, inf)
        self.balance = settings.balance

    def authorizes(self, header: str | None) -> bool:
        """Say whether an `Authorization` header is `Bearer`, one space, and a token that is valid now."""
        scheme, _, token = (header or "").partition(" ")
        return scheme == "Bearer" and self._ends.get(token, -inf) > self._clock()

    def issue(self, validity_seconds: int, *, alone: bool) -> str:
        """Make a new token; with `alone`, every earlier one is dead from now on."""
        if alone:
            self.revoke()
        token = secrets.token_urlsafe(48)
        self._ends[token] = self._clock() + validity_seconds
        return token

    def allow(self, tokens: frozenset[str]) -> None:
        """Make these tokens valid until revoked."""
        self._ends |= dict.fromkeys(tokens, inf)

    def revoke(self) -> None:
        """Let every token die, the configured ones too."""
        self._ends.clear()

    def charge(self, units: int) -> bool:
        """Take the units of one message, or say that the balance does not reach."""
        if self.balance < units:
            return False
        self.balance -= Decimal(units)
        return True
